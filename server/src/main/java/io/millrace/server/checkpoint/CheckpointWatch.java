package io.millrace.server.checkpoint;

import io.grpc.Status.Code;
import io.millrace.server.api.ApiErrors;
import io.millrace.server.grpc.Drain;
import io.millrace.server.grpc.Failures;
import io.millrace.trainer.checkpoint.RevisionEvent;
import io.millrace.v1.WatchCheckpointsResponse;
import io.millrace.v1.WatchCheckpointsResponse.Compacted;
import io.millrace.v1.WatchCheckpointsResponse.Lagged;
import io.millrace.v1.WatchCheckpointsResponse.Progress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.publisher.SynchronousSink;

/** One watcher's responses. Nothing is read ahead of what it takes, so one that reads nothing holds nothing. */
final class CheckpointWatch {
    private final Drain drain;
    private final Duration progressPeriod;
    private long sentThrough;
    private boolean silent = true;

    /** @param sentThrough the revision before the first one wanted; 0 if the first one will come at once */
    CheckpointWatch(Drain drain, Duration progressPeriod, long sentThrough) {
        this.drain = drain;
        this.progressPeriod = progressPeriod;
        this.sentThrough = sentThrough;
    }

    Flux<WatchCheckpointsResponse> responses(Flux<RevisionEvent> events) {
        Sinks.Empty<Void> ended = Sinks.empty();
        Flux<Optional<RevisionEvent>> ticks = Flux.interval(progressPeriod)
                .onBackpressureDrop()
                .map(tick -> Optional.<RevisionEvent>empty())
                .takeUntilOther(ended.asMono());
        return Flux.merge(1, events.map(Optional::of).doFinally(end -> ended.tryEmitEmpty()), ticks)
                .takeUntilOther(drain.begun())
                .<WatchCheckpointsResponse>handle(this::respond)
                .concatWith(Mono.defer(() -> drain.hasBegun() ? Mono.just(drained()) : Mono.empty()));
    }

    private void respond(Optional<RevisionEvent> event, SynchronousSink<WatchCheckpointsResponse> sink) {
        if (event.isPresent()) {
            silent = false;
            respond(event.get(), sink);
            return;
        }
        if (silent) {
            sink.next(WatchCheckpointsResponse.newBuilder()
                    .setProgress(Progress.newBuilder().setRevision(sentThrough))
                    .build());
        }
        silent = true;
    }

    private void respond(RevisionEvent event, SynchronousSink<WatchCheckpointsResponse> sink) {
        WatchCheckpointsResponse.Builder response = WatchCheckpointsResponse.newBuilder();
        if (event instanceof RevisionEvent.Published published) {
            sentThrough = published.revision().number();
            sink.next(response.setCheckpoint(CheckpointView.of(published.revision()))
                    .build());
        } else if (event instanceof RevisionEvent.Lagged lagged) {
            sink.next(response.setLagged(Lagged.newBuilder()
                            .setSkippedFrom(lagged.skippedFrom())
                            .setResumedAt(lagged.resumedAt()))
                    .build());
        } else if (event instanceof RevisionEvent.Compacted compacted) {
            sink.next(response.setCompacted(
                            Compacted.newBuilder().setFloor(compacted.floor()).setLatest(compacted.latest()))
                    .build());
        } else if (event instanceof RevisionEvent.BeyondLatest beyond) {
            sink.error(Failures.failure(Failures.status(
                    Code.FAILED_PRECONDITION,
                    "BEYOND_LATEST",
                    "the latest revision is %d: start at %d or earlier".formatted(beyond.latest(), beyond.latest() + 1),
                    Map.of("latest", Long.toString(beyond.latest())))));
        } else if (event instanceof RevisionEvent.UnknownAdapter unknown) {
            sink.error(ApiErrors.noSuchAdapter(unknown.adapter()));
        }
    }

    private static WatchCheckpointsResponse drained() {
        return WatchCheckpointsResponse.newBuilder()
                .setDrain(WatchCheckpointsResponse.Drain.getDefaultInstance())
                .build();
    }
}
