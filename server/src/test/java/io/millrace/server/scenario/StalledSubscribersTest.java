package io.millrace.server.scenario;

import static io.millrace.server.TestServer.ADAPTER;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.Checkpoint;
import io.millrace.client.MillraceClient;
import io.millrace.client.StartFrom;
import io.millrace.server.TestServer;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.v1.CheckpointServiceGrpc;
import io.millrace.v1.ReadArtifactRequest;
import io.millrace.v1.WatchCheckpointsRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many who read nothing, beside one who reads. Time alone can't change anything for those who stall, since nothing is sent without
 * demand; what could is what happens meanwhile, so a lot happens.
 */
class StalledSubscribersTest {
    private static final int MIB = 1 << 20;
    private static final int CONNECTIONS = 4;
    private static final int CALLS_PER_CONNECTION = 16;

    /** What all of them may hold, however much there would be for them: each a message, as it is read ahead, framed and on its way. */
    private static final long BOUND = (long) CONNECTIONS * CALLS_PER_CONNECTION * MIB;

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Path directory;
    private final TestServer server;
    private final MillraceClient client;

    StalledSubscribersTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        this.server = new TestServer(directory.resolve("data"));
        this.client = MillraceClient.over(server.channel);
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.close();
    }

    @Test
    void fault16_watchersThatReadNothing_holdHeapAndDirectMemoryFlat_howeverMuchIsPublished() throws Exception {
        publish(2);
        Memory before = Memory.now();
        try (StalledCalls watchers = new StalledCalls(server, CONNECTIONS)) {
            watchers.start(
                    CheckpointServiceGrpc.getWatchCheckpointsMethod(),
                    WatchCheckpointsRequest.newBuilder()
                            .setAdapter(ADAPTER.toString())
                            .build(),
                    CALLS_PER_CONNECTION);
            publish(10);
            Memory.assertSettlesWithin(BOUND, before);

            publish(60); // of 250 KB each: 960 MB for all of them

            Memory.assertSettlesWithin(BOUND, before);
            assertThat(client.checkpoints()
                            .watch(ADAPTER.toString(), StartFrom.latest())
                            .map(Checkpoint::revision)
                            .blockFirst(PATIENCE))
                    .as("others are served")
                    .isEqualTo(72);
        }
    }

    @Test
    void readersOfArtifactsThatReadNothing_holdHeapAndDirectMemoryFlat_whileOthersRead() throws Exception {
        Revision large = server.publish(new byte[32 * MIB]);
        Memory before = Memory.now();
        try (StalledCalls readers = new StalledCalls(server, CONNECTIONS)) {
            readers.start(
                    CheckpointServiceGrpc.getReadArtifactMethod(),
                    ReadArtifactRequest.newBuilder()
                            .setSha256(large.manifest().files().get(0).content().sha256())
                            .build(),
                    CALLS_PER_CONNECTION); // of 32 MB each: 2 GB for all of them
            download("first");
            Memory.assertSettlesWithin(BOUND, before);

            for (String again : List.of("second", "third", "fourth")) {
                download(again);
            }

            Memory.assertSettlesWithin(BOUND, before);
        }
    }

    private void download(String name) throws IOException {
        Checkpoint checkpoint = client.checkpoints().get(ADAPTER.toString(), 1).block(PATIENCE);
        assertThat(checkpoint).isNotNull();
        Path folder = client.checkpoints()
                .download(checkpoint, directory.resolve(name))
                .block(PATIENCE);
        assertThat(folder).isNotNull();
        assertThat(Files.size(folder.resolve("adapter_model.safetensors"))).isEqualTo(32 * MIB);
    }

    private void publish(int revisions) throws IOException {
        for (int i = 0; i < revisions; i++) {
            server.publish(new byte[] {1}, "because ".repeat(32_000));
        }
    }
}
