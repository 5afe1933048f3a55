package io.millrace.client.kotlin

import io.millrace.client.Ack
import io.millrace.client.Example
import io.millrace.client.ExampleSender
import io.millrace.client.StreamStatus
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.reactive.asFlow
import kotlinx.coroutines.reactive.asPublisher
import kotlinx.coroutines.reactor.awaitSingle

/** Adds examples to a stream; the flow of acknowledgements ends when all are durable. */
fun ExampleSender.send(
    stream: String,
    examples: Flow<Example>,
): Flow<Ack> = send(stream, examples.asPublisher()).asFlow()

/** Goes on with a stream: [examplesFrom] is given the number of examples that the stream has. */
fun ExampleSender.resumeFlow(
    stream: String,
    examplesFrom: (Long) -> Flow<Example>,
): Flow<Ack> = resume(stream) { nextOffset -> examplesFrom(nextOffset).asPublisher() }.asFlow()

/** Where a stream stands. */
suspend fun ExampleSender.awaitStatus(stream: String): StreamStatus = status(stream).awaitSingle()

/** Waits until all of a stream's examples are settled. */
suspend fun ExampleSender.awaitSettled(stream: String): StreamStatus = untilSettled(stream).last().awaitSingle()
