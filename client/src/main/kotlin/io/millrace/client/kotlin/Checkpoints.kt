package io.millrace.client.kotlin

import io.millrace.client.Checkpoint
import io.millrace.client.CheckpointWatcher
import io.millrace.client.StartFrom
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.reactive.asFlow
import kotlinx.coroutines.reactor.awaitSingle
import java.nio.file.Path

/** An adapter's revisions, without end. */
fun CheckpointWatcher.watchFlow(
    adapter: String,
    from: StartFrom = StartFrom.latest(),
): Flow<Checkpoint> = watch(adapter, from).asFlow()

/** Writes a revision's PEFT folder below [directory] and returns it. */
suspend fun CheckpointWatcher.awaitDownload(
    checkpoint: Checkpoint,
    directory: Path,
): Path = download(checkpoint, directory).awaitSingle()

/** The manifest of a revision. */
suspend fun CheckpointWatcher.awaitGet(
    adapter: String,
    revision: Long,
): Checkpoint = get(adapter, revision).awaitSingle()
