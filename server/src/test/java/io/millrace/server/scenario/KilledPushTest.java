package io.millrace.server.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.client.cli.ExitCode;
import io.millrace.server.ServerSettings;
import io.millrace.server.TinyTrainer;
import io.millrace.server.TrainerServer;
import io.millrace.trainer.checkpoint.RevisionStore;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.Settler;
import io.millrace.trainer.log.StreamState;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.pipeline.OnlineTrainer;
import io.millrace.trainer.pipeline.TrainerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real {@code push} is killed in the middle of its file, where a full log holds it up. */
class KilledPushTest {
    private static final AdapterName ADAPTER = AdapterName.parse("tenants/t/adapters/a");
    private static final StreamName STREAM = new StreamName(ADAPTER, "s");
    private static final int LINES = 600;

    /** Far less than the file has. */
    private static final TrainerSettings SMALL_LOG =
            new TrainerSettings(24 << 10, Settler.DEFAULT_RETAINED_BYTES, RevisionStore.DEFAULT_KEPT);

    @TempDir
    private Path directory;

    @Test
    void pushKilledInMidFile_goesOnWhereItStopped_andSendsNothingTwice() throws Exception {
        Path file = directory.resolve("examples.jsonl");
        Files.write(
                file, IntStream.range(0, LINES).mapToObj(Conversations::line).toList());
        try (Base base = TinyTrainer.load()) {
            OnlineTrainer trainer = OnlineTrainer.open(directory.resolve("data"), base, SMALL_LOG, Clock.systemUTC());
            try (TrainerServer server = TrainerServer.start(trainer, ServerSettings.onPort(0))) {
                trainer.create(ADAPTER, "{\"rank\": 4, \"flush_after_ms\": 20}", Map.of(), Optional.empty(), false)
                        .block();
                trainer.pause(ADAPTER, "so that the log fills up").block();
                try (CommandProcess push = push(server, file)) {
                    push.await("throttled");
                    push.kill();
                    push.exitStatus();
                }
                long stored = trainer.log().stream(STREAM)
                        .map(StreamState::nextOffset)
                        .orElseThrow();
                assertThat(stored).isBetween(1L, LINES - 1L);

                trainer.resume(ADAPTER).block();
                try (CommandProcess push = push(server, file)) {
                    assertThat(push.await("started").path("next_offset").asLong())
                            .isEqualTo(stored);
                    JsonNode finished = push.await("finished");
                    assertThat(push.exitStatus()).isEqualTo(ExitCode.OK);
                    assertThat(finished.path("acknowledged").asLong()).isEqualTo(LINES);
                    assertThat(finished.path("new").asLong()).isEqualTo(LINES - stored);
                    assertThat(finished.path("trained_through").asLong()).isEqualTo(LINES);
                    assertThat(finished.path("trained").asLong()
                                    + finished.path("held_out").asLong())
                            .isEqualTo(LINES);
                }
            }
        }
        assertThat(LoggedTexts.of(directory.resolve("data"), STREAM.toString()))
                .isEqualTo(Conversations.texts(0, LINES));
    }

    private CommandProcess push(TrainerServer server, Path file) throws IOException {
        return CommandProcess.start(
                directory.resolve("push.log"),
                "push",
                "--json",
                "--server",
                "127.0.0.1:" + server.port(),
                "--adapter",
                ADAPTER.toString(),
                "--stream",
                STREAM.stream(),
                "--wait-trained",
                file.toString());
    }
}
