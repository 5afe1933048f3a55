package io.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.client.cli.ExitCode;
import io.millrace.server.CommandRun;
import io.millrace.server.TinyTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
    private static final String MODEL =
            TinyTrainer.reference().resolve("tiny-llama").toString();

    @TempDir
    private Path examples;

    @Test
    void everyFigure_isMeasured() throws IOException {
        Files.write(examples.resolve("stream.jsonl"), chats(40));

        CommandRun run = run("--rounds", "2");

        assertThat(run.status()).as(run.stderr()).isEqualTo(ExitCode.OK);
        JsonNode finished = run.lastEvent();
        assertThat(finished.path("event").textValue()).isEqualTo("finished");
        for (String workload : List.of("dense_8x64", "dense_4x256", "ragged", "shared_prefix", "whole_stream")) {
            double speed = finished.path(workload + "_tokens_per_second").doubleValue();
            double bound =
                    finished.path(workload + "_products_only_tokens_per_second").doubleValue();
            double ratio = finished.path(workload + "_ratio").doubleValue();
            assertThat(List.of(speed, bound, ratio)).as(workload).allMatch(figure -> figure > 0);
        }
        double seconds = finished.path("stream_seconds").doubleValue();
        JsonNode phases = finished.path("stream_phase_seconds");
        assertThat(finished.path("stream_steps").longValue()).isGreaterThanOrEqualTo(4);
        assertThat(phases.path("forward").doubleValue()
                        + phases.path("backward").doubleValue())
                .isBetween(0.0, seconds);
        assertThat(phases.path("commit").doubleValue()).isPositive();
        assertThat(phases.path("tokenise").doubleValue()).isPositive();
        assertThat(finished.path("first_step_seconds").doubleValue())
                .isGreaterThan(finished.path("ready_seconds").doubleValue());
        assertThat(finished.path("heap_bytes_per_step").doubleValue()).isPositive();
        assertThat(finished.has("peak_rss_bytes_512_tokens")).isTrue();
        assertThat(finished.has("peak_rss_bytes_4096_tokens")).isTrue();
        assertThat(run.stderr()).contains("dense 8x64").contains("whole stream").contains("everything_else");
    }

    @Test
    void examplesWithoutChats_areRefusedReadably() throws IOException {
        Files.writeString(examples.resolve("stream.jsonl"), "{\"text\": \"Once upon a time.\"}\n");

        CommandRun run = run();

        assertThat(run.status()).isEqualTo(ExitCode.BAD_DATA);
        assertThat(run.lastEvent().path("reason").textValue())
                .contains("PlainText")
                .contains("chats");
    }

    @Test
    void noRounds_isWrongUsage() {
        CommandRun run = run("--rounds", "0");

        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.lastEvent().path("reason").textValue()).contains("--rounds is 0");
    }

    private CommandRun run(String... options) {
        return CommandRun.of(
                List.of("bench", "--json", "--model", MODEL, "--precision", "fp32", "--examples", examples.toString()),
                options);
    }

    private static List<String> chats(int count) {
        String chat = """
                {"messages": [{"role": "user", "content": "What is %1$d?"}, {"role": "assistant", "content": "It is %1$d."}]}""";
        return IntStream.range(0, count).mapToObj(chat::formatted).toList();
    }
}
