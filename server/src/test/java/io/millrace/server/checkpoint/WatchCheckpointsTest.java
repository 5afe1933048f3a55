package io.millrace.server.checkpoint;

import static io.millrace.server.TestServer.ADAPTER;
import static io.millrace.server.TestServer.KEPT;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status.Code;
import io.millrace.server.TestServer;
import io.millrace.v1.Checkpoint;
import io.millrace.v1.WatchCheckpointsRequest;
import io.millrace.v1.WatchCheckpointsRequest.Start;
import io.millrace.v1.WatchCheckpointsResponse;
import io.millrace.v1.WatchCheckpointsResponse.Lagged;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchCheckpointsTest {
    private final TestServer server;

    WatchCheckpointsTest(@TempDir Path directory) throws IOException {
        server = new TestServer(directory.resolve("data"));
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.close();
    }

    @Test
    void watchWithoutStart_sendsTheNewestThenNewOnes() throws Exception {
        publish(2);
        WatchClient watcher = watch(WatchCheckpointsRequest.newBuilder());

        Checkpoint newest = watcher.next().getCheckpoint();
        assertThat(newest.getRevision()).isEqualTo(2);
        assertThat(newest.getName()).isEqualTo(ADAPTER + "/checkpoints/2");
        assertThat(newest.getFiles(0).getName()).isEqualTo("adapter_model.safetensors");
        assertThat(newest.getFiles(0).getSha256()).hasSize(64);
        assertThat(newest.getBaseModel()).isEqualTo("org/base");
        assertThat(newest.getMetricsMap()).containsEntry("holdout_loss", 0.5);
        assertThat(newest.getTrainedThroughMap()).containsEntry("s", 3L);
        publish(1);
        assertThat(watcher.nextRevision()).isEqualTo(3);
    }

    @Test
    void watchFromEarliest_replaysThenGoesOnLive_withoutDuplicateOrGap() throws Exception {
        publish(2);
        WatchClient watcher = watch(WatchCheckpointsRequest.newBuilder().setFrom(Start.START_EARLIEST));

        assertThat(watcher.nextRevision()).isEqualTo(1);
        publish(1);
        assertThat(watcher.nextRevision()).isEqualTo(2);
        assertThat(watcher.nextRevision()).isEqualTo(3);
    }

    @Test
    void watchFromLatestPlusOne_waitsForIt() throws Exception {
        publish(1);
        WatchClient watcher = watch(WatchCheckpointsRequest.newBuilder().setRevision(2));
        CompletableFuture<Long> next = CompletableFuture.supplyAsync(() -> {
            try {
                return watcher.nextRevision();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });

        publish(1);

        assertThat(next.get(10, TimeUnit.SECONDS)).isEqualTo(2);
    }

    @Test
    void fault16_slowWatcher_isMovedOnAndTold() throws Exception {
        publish(1);
        WatchClient watcher = watch(WatchCheckpointsRequest.newBuilder().setFrom(Start.START_EARLIEST));
        assertThat(watcher.nextRevision()).isEqualTo(1);

        // Of 500 KB each, so that few fit into the transport's window of 1 MiB.
        for (int i = 0; i < 4 * KEPT; i++) {
            server.publish(new byte[] {1}, "because ".repeat(64_000));
        }

        // What was on its way comes first; then the watcher is told what it misses.
        long last = 1;
        WatchCheckpointsResponse response = watcher.next();
        while (response.hasCheckpoint()) {
            assertThat(response.getCheckpoint().getRevision()).isEqualTo(last + 1);
            last++;
            response = watcher.next();
        }
        Lagged lagged = response.getLagged();
        assertThat(lagged.getSkippedFrom()).isEqualTo(last + 1);
        assertThat(lagged.getResumedAt()).isGreaterThan(lagged.getSkippedFrom());
        for (long revision = lagged.getResumedAt(); revision <= 1 + 4 * KEPT; revision++) {
            assertThat(watcher.nextRevision()).isEqualTo(revision);
        }
    }

    @Test
    void fault24_watchBelowTheFloor_isToldWhatIsKept_andEnds() throws Exception {
        publish(KEPT + 2);
        WatchClient watcher = watch(WatchCheckpointsRequest.newBuilder().setRevision(1));

        WatchCheckpointsResponse.Compacted compacted = watcher.next().getCompacted();
        assertThat(compacted.getFloor()).isEqualTo(3);
        assertThat(compacted.getLatest()).isEqualTo(KEPT + 2);
        assertThat(watcher.status().isOk()).isTrue();
    }

    @Test
    void fault25_watchBeyondLatestPlusOne_isRefused() throws Exception {
        publish(1);
        WatchClient watcher = watch(WatchCheckpointsRequest.newBuilder().setRevision(3));

        assertThat(watcher.status().getCode()).isEqualTo(Code.FAILED_PRECONDITION);
        assertThat(watcher.status().getDescription()).contains("latest revision is 1");
    }

    @Test
    void badRequests_areRefused() {
        assertThat(watch(WatchCheckpointsRequest.newBuilder().setAdapter("tenants/t/adapters/none"))
                        .status()
                        .getCode())
                .isEqualTo(Code.NOT_FOUND);
        assertThat(watch(WatchCheckpointsRequest.newBuilder().setAdapter("../a"))
                        .status()
                        .getCode())
                .isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(watch(WatchCheckpointsRequest.newBuilder().setRevision(0))
                        .status()
                        .getCode())
                .isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(watch(WatchCheckpointsRequest.newBuilder().setFrom(Start.START_UNSPECIFIED))
                        .status()
                        .getCode())
                .isEqualTo(Code.INVALID_ARGUMENT);
    }

    @Test
    void fault37_shutdown_tellsWatchersAndEnds() throws Exception {
        publish(1);
        WatchClient watcher = watch(WatchCheckpointsRequest.newBuilder());
        assertThat(watcher.nextRevision()).isEqualTo(1);

        CompletableFuture<Void> drained = CompletableFuture.runAsync(server::drain);

        assertThat(watcher.next().hasDrain()).isTrue();
        assertThat(watcher.status().isOk()).isTrue();
        drained.get(10, TimeUnit.SECONDS);
    }

    private WatchClient watch(WatchCheckpointsRequest.Builder request) {
        if (request.getAdapter().isEmpty()) {
            request.setAdapter(ADAPTER.toString());
        }
        return WatchClient.watch(server.channel, request.build());
    }

    private void publish(int revisions) throws IOException {
        for (int i = 0; i < revisions; i++) {
            server.publish(new byte[] {1, 2, 3});
        }
    }
}
