package io.millrace.server.bench;

import io.millrace.client.Checkpoint;
import io.millrace.client.MillraceClient;
import io.millrace.client.StartFrom;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;

/**
 * How long it takes until a watcher on the same machine has a revision verified on its disk.
 *
 * @param sinceDecided from the decision to publish, which is a rollback: it writes the same files as every publication, and can
 *     be asked for
 * @param sincePublished from when the revision was published
 */
record PublishLatency(Percentiles sinceDecided, Percentiles sincePublished) {
    private static final int WARM_UP = 4;

    /** A revision on the watcher's disk. */
    private record Verified(long nanos, Duration sincePublished, Path folder) {
        static Verified now(Checkpoint checkpoint, Path folder) {
            return new Verified(System.nanoTime(), Duration.between(checkpoint.createTime(), Instant.now()), folder);
        }
    }

    /**
     * Publishes four times as often first without measuring: until then the watcher and the server take a fifth longer, since they
     * compile meanwhile.
     *
     * @param adapter a paused one that has a revision
     * @param received where revisions are written, one at a time
     */
    static PublishLatency measure(BenchServer server, String adapter, Path received, int publications)
            throws IOException, InterruptedException {
        MillraceClient client = server.client();
        BlockingQueue<Verified> verified = new LinkedBlockingQueue<>();
        PublishLatency latencies = new PublishLatency(new Percentiles(), new Percentiles());
        try (MillraceClient watcher = MillraceClient.connect(server.process().address())) {
            Disposable watching = watcher.checkpoints()
                    .watch(adapter, StartFrom.latest())
                    .concatMap(
                            checkpoint -> watcher.checkpoints()
                                    .download(checkpoint, received)
                                    .map(folder -> Verified.now(checkpoint, folder)),
                            1)
                    .subscribe(verified::add);
            delete(take(verified)); // what it starts from
            for (int i = 0; i < (WARM_UP + 1) * publications; i++) {
                long decided = System.nanoTime();
                client.adapters().rollback(adapter, i + 1).block(); // the newest: old ones aren't kept
                Verified revision = take(verified);
                if (i >= WARM_UP * publications) {
                    latencies.sinceDecided.add(revision.nanos() - decided);
                    latencies.sincePublished.add(revision.sincePublished().toNanos());
                }
                delete(revision);
            }
            watching.dispose();
        }
        return latencies;
    }

    private static void delete(Verified revision) throws IOException {
        new TemporaryFolder(revision.folder()).close();
    }

    private static Verified take(BlockingQueue<Verified> verified) throws InterruptedException {
        Verified next = verified.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new IllegalStateException("a published revision didn't reach its watcher within 10 s");
        }
        return next;
    }
}
