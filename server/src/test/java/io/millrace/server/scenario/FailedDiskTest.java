package io.millrace.server.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.client.MillraceClient;
import io.millrace.client.StreamStatus;
import io.millrace.client.cli.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server whose disk fails under it. */
class FailedDiskTest {
    private static final String ADAPTER = "tenants/t/adapters/a";
    private static final String STREAM = ADAPTER + "/streams/s";
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @TempDir
    private Path directory;

    @Test
    void fault22_failedSync_endsTheServerAtOnce_andTheNextOneLosesNothing() throws Exception {
        Path data = directory.resolve("data");
        Path failed = directory.resolve("failed");
        Path log = directory.resolve("server.log");
        try (RunningServer server = RunningServer.startOnFailingDisk(data, failed, log);
                MillraceClient client = MillraceClient.connect(server.address())) {
            client.adapters()
                    .create(ADAPTER, "{\"rank\": 4, \"flush_after_ms\": 20}")
                    .block(PATIENCE);
            client.examples().send(STREAM, Conversations.of(0, 40)).blockLast(PATIENCE);
            Files.createFile(failed);

            CompletableFuture<Void> sending = client.examples()
                    .send(STREAM, Conversations.of(40, 80))
                    .then()
                    .toFuture();

            assertThat(server.process().exitStatus()).isEqualTo(ExitCode.INPUT_OUTPUT);
            JsonNode last = server.process().lastEvent();
            assertThat(last.path("event").asText()).isEqualTo("failed");
            assertThat(last.path("reason").asText()).contains("fsync failed").contains("restart");
            assertThat(Files.readAllLines(log).stream().filter(FailingDisk.TRIED::equals))
                    .as("never tried again")
                    .hasSize(1);
            assertThat(sending).as("waits for the server").isNotDone();
            try (RunningServer next = RunningServer.start(data, server.port(), log)) {
                sending.get(1, TimeUnit.MINUTES);
                StreamStatus status = client.examples().untilSettled(STREAM).blockLast(PATIENCE);
                assertThat(status).isNotNull();
                assertThat(status.durableThrough()).isEqualTo(80);
                assertThat(status.trained() + status.heldOut()).isEqualTo(80);
                next.process().terminate();
                assertThat(next.process().lastEvent().path("event").asText()).isEqualTo("finished");
            }
        }
    }
}
