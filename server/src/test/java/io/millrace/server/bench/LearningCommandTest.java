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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearningCommandTest {
    private static final String MODEL =
            TinyTrainer.reference().resolve("tiny-llama").toString();

    @TempDir
    private Path folder;

    private Path settings;

    @BeforeEach
    void writeFiles() throws IOException {
        settings = folder.resolve("settings.jsonl");
        Files.writeString(settings, "{}\n\n{\"batch_sequences\": 4, \"learning_rate\": 0.02}\n");
        Files.write(folder.resolve("stream.jsonl"), chats("yes", 40));
        Files.write(folder.resolve("policy-change.jsonl"), chats("no", 20));
        Files.write(folder.resolve("paraphrases-before-change.jsonl"), chats("yes", 3));
        Files.write(folder.resolve("paraphrases.jsonl"), chats("no", 3));
        Files.write(folder.resolve("general.jsonl"), chats("why", 2));
    }

    @Test
    void everySetting_isTrainedAndLookedAt() {
        CommandRun run = run("--seeds", "2", "--every", "16");

        assertThat(run.status()).as(run.stderr()).isEqualTo(ExitCode.OK);
        JsonNode finished = run.lastEvent();
        assertThat(finished.path("event").textValue()).isEqualTo("finished");
        assertThat(finished.path("general_loss_base").doubleValue()).isPositive();
        assertThat(finished.path("settings").findValuesAsText("setting"))
                .containsExactly("defaults", "batch_sequences 4, learning_rate 0.02");
        for (JsonNode setting : finished.path("settings")) {
            assertThat(setting.path("runs").intValue()).isEqualTo(2);
            assertThat(setting.path("tokens_per_second").doubleValue()).isPositive();
            assertThat(setting.path("general_loss").doubleValue()).isPositive();
            assertThat(setting.path("exact_after_stream").doubleValue()).isBetween(0.0, 1.0);
        }
        assertThat(folder.resolve("plots/learning.png")).isNotEmptyFile();
        assertThat(run.stderr()).contains("2 of 4, defaults, seed 2: 40 examples, ");
    }

    @Test
    void runsOfASweepThatWasInterrupted_areTakenOnce() throws IOException {
        Files.writeString(settings, "{}\n");
        CommandRun first = run("--every", "16");
        assertThat(first.status()).as(first.stderr()).isEqualTo(ExitCode.OK);
        Files.writeString(settings, "{\"batch_sequences\": 8}\n{\"batch_sequences\": 4}\n");

        CommandRun both = run("--every", "16");

        assertThat(both.stderr())
                .contains(
                        "1 of 2, batch_sequences 8, seed 1: measured before", "2 of 2, batch_sequences 4, seed 1: 40 ");
        JsonNode settings = both.lastEvent().path("settings");
        assertThat(settings.get(0).path("general_loss"))
                .isEqualTo(first.lastEvent().path("settings").get(0).path("general_loss"));
        assertThat(settings.get(1).path("general_loss"))
                .isNotEqualTo(settings.get(0).path("general_loss"));
        assertThat(folder.resolve("plots/learning.jsonl")).content().hasLineCount(2);
        assertThat(run("--every", "20").stderr()).contains("1 of 2, batch_sequences 8, seed 1: 40 examples, ");
    }

    @Test
    void damagedRuns_areRefusedWithTheirLine() throws IOException {
        Files.createDirectories(folder.resolve("plots"));
        Files.writeString(folder.resolve("plots/learning.jsonl"), "{\"curve\": \n");

        CommandRun run = run();

        assertThat(run.status()).isEqualTo(ExitCode.BAD_DATA);
        assertThat(run.lastEvent().path("reason").textValue()).contains("learning.jsonl line 1", "remove it");
    }

    @Test
    void settingThatIsNone_isRefusedWithItsLine() throws IOException {
        Files.writeString(settings, "{}\n{\"loraplus_lr_ratio\": 0}\n");

        CommandRun run = run();

        assertThat(run.status()).isEqualTo(ExitCode.BAD_DATA);
        assertThat(run.lastEvent().path("reason").textValue())
                .contains("settings.jsonl line 2: loraplus_lr_ratio is 0.0; it must be 1 to 100");
    }

    @Test
    void noSeeds_isWrongUsage() {
        CommandRun run = run("--seeds", "0");

        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.lastEvent().path("reason").textValue()).contains("--seeds is 0");
    }

    private CommandRun run(String... options) {
        return CommandRun.of(
                List.of(
                        "bench",
                        "learning",
                        "--json",
                        "--model",
                        MODEL,
                        "--precision",
                        "fp32",
                        "--examples",
                        folder.toString(),
                        "--settings",
                        settings.toString(),
                        "--out",
                        folder.resolve("plots").toString()),
                options);
    }

    private static List<String> chats(String answer, int count) {
        String chat = """
                {"messages": [{"role": "user", "content": "Is it %2$d?"}, {"role": "assistant", "content": "%1$s %2$d"}]}""";
        return IntStream.range(0, count)
                .mapToObj(i -> chat.formatted(answer, i))
                .toList();
    }
}
