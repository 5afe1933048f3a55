package io.millrace.client;

import io.millrace.v1.CheckpointServiceGrpc;
import io.millrace.v1.GetCheckpointRequest;
import java.nio.file.Path;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Receives an adapter's published revisions. After a broken connection watching goes on by itself with the revision after
 * the last one received: none comes twice, and none is missed but those reported as skipped.
 *
 * <p>Failures are {@link MillraceException}s: NOT_FOUND (no such adapter), FAILED_PRECONDITION (start beyond the newest
 * revision plus one), UNAVAILABLE (not reached for longer than the {@link Backoff} allows).
 */
public final class CheckpointWatcher {
    private final Transport transport;

    CheckpointWatcher(Transport transport) {
        this.transport = transport;
    }

    /** An adapter's revisions, without end. */
    public Flux<Checkpoint> watch(String adapter, StartFrom from) {
        return events(adapter, from).handle((event, checkpoints) -> {
            if (event instanceof WatchEvent.Published published) {
                checkpoints.next(published.checkpoint());
            }
        });
    }

    /** An adapter's revisions and what else a watcher may want to know, without end. */
    public Flux<WatchEvent> events(String adapter, StartFrom from) {
        return Flux.defer(() -> connection(new WatchCursor(adapter, from)).repeat());
    }

    /** The manifest of a revision; NOT_FOUND if it isn't kept. */
    public Mono<Checkpoint> get(String adapter, long revision) {
        return transport
                .calls()
                .unary(
                        CheckpointServiceGrpc.getGetCheckpointMethod(),
                        GetCheckpointRequest.newBuilder()
                                .setName(adapter + "/checkpoints/" + revision)
                                .build())
                .map(Checkpoint::of)
                .onErrorMap(MillraceException::of);
    }

    /**
     * Writes a revision's PEFT folder to {@code directory/revision-000001} and lets {@code directory/latest} point to it. Both
     * appear at once and whole, after every file's digest was checked and its bytes were forced to disk. A broken download
     * goes on where it stopped, in a later process too; a folder that is there already is only checked. One process at a time
     * may write to a directory.
     *
     * @return the revision's folder; DATA_LOSS if a file's bytes don't have the digest of the manifest, however often read
     */
    public Mono<Path> download(Checkpoint checkpoint, Path directory) {
        return new CheckpointDownload(transport, checkpoint, directory).run();
    }

    private Flux<WatchEvent> connection(WatchCursor cursor) {
        return Flux.defer(() -> transport
                        .calls()
                        .serverStream(CheckpointServiceGrpc.getWatchCheckpointsMethod(), cursor.request()))
                .<WatchEvent>handle(
                        (response, events) -> cursor.accept(response).ifPresent(events::next))
                .concatWith(Mono.defer(cursor::endOfCall))
                .onErrorResume(failure -> reconnect(cursor, MillraceException.of(failure)));
    }

    private Flux<WatchEvent> reconnect(WatchCursor cursor, MillraceException failure) {
        int failures = cursor.failed();
        if (!failure.isInterruption() || transport.backoff().isExhausted(failures)) {
            return Flux.error(failure);
        }
        Duration delay = transport.backoff().delay(failures);
        Mono<WatchEvent> waited = Mono.delay(delay, transport.timer())
                .doOnNext(now -> transport.reconnectNow().run())
                .then(Mono.empty());
        return Flux.concat(Mono.just(new WatchEvent.Reconnecting(delay, String.valueOf(failure.getMessage()))), waited);
    }
}
