package io.millrace.server.bench;

import com.google.protobuf.Timestamp;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.millrace.v1.CheckpointServiceGrpc;
import io.millrace.v1.WatchCheckpointsRequest;
import io.millrace.v1.WatchCheckpointsResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What many watchers of one adapter cost a server.
 *
 * @param held by the server for them, once they have received many revisions
 * @param grownBy what it held more after the last half of those revisions
 * @param lastMillis from the publication until the last of them is told; the median of the publications
 */
record WatcherCrowd(JavaMemory held, JavaMemory grownBy, double lastMillis) {
    private static final int PUBLICATIONS = 40;
    private static final long PATIENCE_SECONDS = 30;

    /**
     * @param connections that the watchers share evenly
     * @param adapter a paused one that has a revision
     */
    static WatcherCrowd measure(BenchServer server, int watchers, int connections, String adapter)
            throws IOException, InterruptedException {
        Crowd crowd = new Crowd(watchers);
        long pid = server.process().pid();
        JavaMemory before = JavaMemory.of(pid);
        crowd.expect();
        for (int i = 0; i < connections; i++) {
            crowd.join(server.connect(), adapter, watchers / connections);
        }
        crowd.await();
        Percentiles last = new Percentiles();
        JavaMemory halfway = before;
        for (int i = 0; i < PUBLICATIONS; i++) {
            crowd.expect();
            server.client().adapters().rollback(adapter, 1).block();
            last.add(crowd.await().toNanos());
            if (i == PUBLICATIONS / 2) {
                halfway = JavaMemory.of(pid);
            }
        }
        JavaMemory after = JavaMemory.of(pid);
        return new WatcherCrowd(after.minus(before), after.minus(halfway), last.of(0.5));
    }

    /** All of them; each receives every revision. */
    private static final class Crowd implements StreamObserver<WatchCheckpointsResponse> {
        private final int watchers;
        private volatile CountDownLatch told = new CountDownLatch(0);
        private volatile Duration sincePublished = Duration.ZERO;

        Crowd(int watchers) {
            this.watchers = watchers;
        }

        void join(ManagedChannel connection, String adapter, int count) {
            WatchCheckpointsRequest request =
                    WatchCheckpointsRequest.newBuilder().setAdapter(adapter).build();
            for (int i = 0; i < count; i++) {
                CheckpointServiceGrpc.newStub(connection).watchCheckpoints(request, this);
            }
        }

        void expect() {
            told = new CountDownLatch(watchers);
        }

        /** Returns when all are told: how long after the publication the last one was. */
        Duration await() throws InterruptedException {
            if (!told.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("%d of %d watchers were not told of a revision within %d s"
                        .formatted(told.getCount(), watchers, PATIENCE_SECONDS));
            }
            return sincePublished;
        }

        @Override
        public void onNext(WatchCheckpointsResponse response) {
            if (response.hasCheckpoint()) {
                Timestamp published = response.getCheckpoint().getCreateTime();
                sincePublished = Duration.between(
                        Instant.ofEpochSecond(published.getSeconds(), published.getNanos()), Instant.now());
                told.countDown();
            }
        }

        @Override
        public void onError(Throwable failure) {
            // ends with its connection; a watcher that is missing is noticed by await
        }

        @Override
        public void onCompleted() {
            // as above
        }
    }
}
