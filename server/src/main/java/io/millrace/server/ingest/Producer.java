package io.millrace.server.ingest;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.millrace.server.grpc.Failures;
import io.millrace.trainer.example.StreamName;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** One producer's hold on a stream, until a newer one takes it over. */
final class Producer {
    private final StreamName stream;
    private final Sinks.Empty<Void> superseded = Sinks.empty();
    private boolean holdsStream = true;

    Producer(StreamName stream) {
        this.stream = stream;
    }

    StreamName stream() {
        return stream;
    }

    /** Submits something to the log, or fails as ABORTED: a submission never comes after the newer producer's first. */
    <T> Mono<T> submit(Supplier<CompletableFuture<T>> submission) {
        return Mono.fromFuture(() -> submitNow(submission));
    }

    private synchronized <T> CompletableFuture<T> submitNow(Supplier<CompletableFuture<T>> submission) {
        return holdsStream ? submission.get() : CompletableFuture.failedFuture(abortion());
    }

    synchronized void supersede() {
        holdsStream = false;
        superseded.tryEmitError(abortion());
    }

    /** Fails as ABORTED when a newer producer takes the stream. */
    Mono<Void> superseded() {
        return superseded.asMono();
    }

    private StatusRuntimeException abortion() {
        return Failures.failure(
                Code.ABORTED,
                "SUPERSEDED",
                "another producer opened %s; only one may send to a stream: give each producer its own"
                        .formatted(stream));
    }
}
