package io.millrace.client;

import io.grpc.Status.Code;
import io.millrace.v1.GetStreamRequest;
import io.millrace.v1.IngestServiceGrpc;
import java.time.Duration;
import java.util.function.LongFunction;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink.OverflowStrategy;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

/**
 * Sends examples to a server and says when they are durable. A stream is named
 * {@code tenants/{t}/adapters/{a}/streams/{s}}; it is created when its adapter exists.
 *
 * <p>After a broken connection the unacknowledged examples are sent again by themselves; the server recognises those that it
 * had stored already, so none is lost and none is stored twice. The source is asked for examples as there is room
 * ({@link SendLimits}), and nothing is asked of it unless the subscriber asks for acknowledgements.
 *
 * <p>Failures are {@link MillraceException}s: NOT_FOUND (no such adapter), ABORTED (another producer took the stream),
 * ALREADY_EXISTS (another example is stored at an offset), DATA_LOSS (the server forgot what it had acknowledged),
 * UNAVAILABLE (not reached for longer than the {@link Backoff} allows). A failure of the source is passed on once the
 * examples before it are acknowledged.
 */
public final class ExampleSender {
    private static final Duration POLL = Duration.ofMillis(500);

    private final Transport transport;
    private final SendLimits limits;

    ExampleSender(Transport transport, SendLimits limits) {
        this.transport = transport;
        this.limits = limits;
    }

    /** The same sender, within other limits. */
    public ExampleSender withLimits(SendLimits newLimits) {
        return new ExampleSender(transport, newLimits);
    }

    /** Adds examples to a stream. The first one that the server refuses ends it with INVALID_ARGUMENT. */
    public Flux<Ack> send(String stream, Publisher<Example> examples) {
        return resume(stream, nextOffset -> examples);
    }

    /**
     * Goes on with a stream whose source can be read again, such as a file.
     *
     * @param examplesFrom given the number of examples that the stream has, those that follow
     */
    public Flux<Ack> resume(String stream, LongFunction<Publisher<Example>> examplesFrom) {
        return events(stream, nextOffset -> new NumberedExamples(nextOffset, examplesFrom.apply(nextOffset)))
                .handle(ExampleSender::acknowledgedOrRefused);
    }

    /**
     * Sends examples and reports all that happens. Examples that the server refuses are reported and left out.
     *
     * @param examples given the number of examples that the stream has, where to begin
     */
    public Flux<SendEvent> events(String stream, LongFunction<NumberedExamples> examples) {
        return Flux.create(
                subscriber -> new AppendSession(transport, limits, stream, examples, subscriber).start(),
                OverflowStrategy.ERROR);
    }

    /** Where a stream stands; NOT_FOUND if there is none. */
    public Mono<StreamStatus> status(String stream) {
        return transport
                .calls()
                .unary(
                        IngestServiceGrpc.getGetStreamMethod(),
                        GetStreamRequest.newBuilder().setName(stream).build())
                .map(StreamStatus::of)
                .onErrorMap(MillraceException::of);
    }

    /** Where a stream stands, twice a second, until all its examples are settled. Goes on while the server is away. */
    public Flux<StreamStatus> untilSettled(String stream) {
        return Flux.defer(() -> status(stream))
                .retryWhen(Reconnection.retry(transport))
                .repeatWhen(ended -> ended.delayElements(POLL, transport.timer()))
                .takeUntil(StreamStatus::isSettled);
    }

    private static void acknowledgedOrRefused(SendEvent event, SynchronousSink<Ack> acks) {
        if (event instanceof SendEvent.Acked acked) {
            acks.next(acked.ack());
        } else if (event instanceof SendEvent.RowsRefused refused) {
            acks.error(MillraceException.of(
                    Code.INVALID_ARGUMENT, refused.refusals().get(0).toString()));
        }
    }
}
