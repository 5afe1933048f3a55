package io.millrace.client;

import io.grpc.Status.Code;
import io.millrace.v1.WatchCheckpointsRequest;
import io.millrace.v1.WatchCheckpointsResponse;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** How far a watcher has come: what to ask for next, and what a response means for it. */
final class WatchCursor {
    private final String adapter;
    private final StartFrom start;
    /** The revision to come; 0 while that is still for the server to say. */
    private long next;

    private boolean restarting;
    private int failures;

    WatchCursor(String adapter, StartFrom start) {
        this.adapter = adapter;
        this.start = start;
        this.next = start instanceof StartFrom.Revision revision ? revision.number() : 0;
    }

    WatchCheckpointsRequest request() {
        restarting = false;
        WatchCheckpointsRequest.Builder request =
                WatchCheckpointsRequest.newBuilder().setAdapter(adapter);
        if (next > 0) {
            request.setRevision(next);
        } else {
            request.setFrom(
                    start instanceof StartFrom.Earliest
                            ? WatchCheckpointsRequest.Start.START_EARLIEST
                            : WatchCheckpointsRequest.Start.START_LATEST);
        }
        return request.build();
    }

    Optional<WatchEvent> accept(WatchCheckpointsResponse response) {
        failures = 0;
        return switch (response.getMessageCase()) {
            case CHECKPOINT -> published(Checkpoint.of(response.getCheckpoint()));
            case PROGRESS -> {
                next = Math.max(next, response.getProgress().getRevision() + 1);
                yield Optional.empty();
            }
            case COMPACTED -> {
                restarting = true;
                yield skipped(next, response.getCompacted().getFloor());
            }
            case LAGGED ->
                skipped(
                        response.getLagged().getSkippedFrom(),
                        response.getLagged().getResumedAt());
            case DRAIN, MESSAGE_NOT_SET -> Optional.empty();
        };
    }

    /** The call ended in good order: after `compacted` to begin again, else because the server shuts down. */
    Mono<WatchEvent> endOfCall() {
        return restarting
                ? Mono.empty()
                : Mono.error(MillraceException.of(Code.UNAVAILABLE, "the server ended the call"));
    }

    /** Counts a failure; returns how many there were since the last response. */
    int failed() {
        return ++failures;
    }

    private Optional<WatchEvent> published(Checkpoint checkpoint) {
        if (checkpoint.revision() < next) {
            return Optional.empty();
        }
        next = checkpoint.revision() + 1;
        return Optional.of(new WatchEvent.Published(checkpoint));
    }

    private Optional<WatchEvent> skipped(long from, long resumedAt) {
        if (resumedAt <= next) {
            throw MillraceException.of(
                    Code.INTERNAL,
                    "the server goes on at revision %d of %s, but %d is due".formatted(resumedAt, adapter, next));
        }
        next = resumedAt;
        return Optional.of(new WatchEvent.Skipped(from, resumedAt - 1));
    }
}
