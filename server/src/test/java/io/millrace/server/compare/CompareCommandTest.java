package io.millrace.server.compare;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.client.cli.ExitCode;
import io.millrace.server.CommandRun;
import io.millrace.server.TinyTrainer;
import io.millrace.trainer.method.Methods;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {
    private static final String MODEL =
            TinyTrainer.reference().resolve("tiny-llama").toString();

    @TempDir
    private Path folder;

    private Path out;

    @BeforeEach
    void writeFiles() throws IOException {
        out = folder.resolve("out");
        Files.write(folder.resolve("stream.jsonl"), chats("yes", 24));
        Files.write(folder.resolve("paraphrases-before-change.jsonl"), chats("yes", 3));
        Files.write(folder.resolve("general.jsonl"), chats("why", 2));
    }

    @Test
    void methods_areMeasuredOnce() throws IOException {
        CommandRun first = run("--methods", "bitfit");
        assertThat(first.status()).as(first.stderr()).isEqualTo(ExitCode.OK);
        assertThat(first.stderr()).contains("1 of 1, bitfit: 24 of 24 examples, loss so far ");

        CommandRun both = run("--methods", "bitfit,lora");
        assertThat(both.status()).as(both.stderr()).isEqualTo(ExitCode.OK);
        assertThat(both.stderr()).contains("1 of 2, bitfit: measured before").contains("2 of 2, lora: 24 of 24");
        assertThat(both.lastEvent().path("methods").get(0))
                .isEqualTo(first.lastEvent().path("methods").get(0));
        for (JsonNode method : both.lastEvent().path("methods")) {
            assertThat(method.path("refused").isNull()).isTrue();
            assertThat(method.path("checkpoint_bytes").longValue())
                    .isGreaterThan(4 * method.path("trained").longValue());
            assertThat(method.path("optimiser_bytes").longValue())
                    .isEqualTo(8 * method.path("trained").longValue());
            assertThat(method.path("total").longValue())
                    .isGreaterThan(method.path("trained").longValue());
            for (String figure : List.of("tokens", "tokens_per_second", "prequential_loss", "inference")) {
                assertThat(method.path(figure).doubleValue()).as(figure).isPositive();
            }
            assertThat(method.path("holdout_loss").doubleValue())
                    .isPositive()
                    .isNotEqualTo(method.path("holdout_loss_base").doubleValue());
            assertThat(method.path("general_loss").doubleValue())
                    .isPositive()
                    .isNotEqualTo(method.path("general_loss_base").doubleValue());
        }
        assertThat(Files.readString(out.resolve("compare.md"))).contains("| `bitfit` |", "| `lora` |", "- `lora`: ");
        for (String plot : List.of("holdout", "general", "speed", "memory")) {
            assertThat(out.resolve("compare-%s.png".formatted(plot))).isNotEmptyFile();
        }
    }

    @Test
    void qlora_isLoraOnABaseInNf4() throws IOException {
        CommandRun run = run("--methods", "lora,qlora");

        assertThat(run.status()).as(run.stderr()).isEqualTo(ExitCode.OK);
        assertThat(run.stderr()).contains("2 of 2, qlora: 24 of 24 examples");
        JsonNode lora = run.lastEvent().path("methods").get(0);
        JsonNode qlora = run.lastEvent().path("methods").get(1);
        assertThat(qlora.path("method").textValue()).isEqualTo("qlora");
        assertThat(qlora.path("model").textValue()).contains("--base nf4");
        assertThat(qlora.path("trained")).isEqualTo(lora.path("trained"));
        assertThat(qlora.path("holdout_loss_base").doubleValue())
                .isPositive()
                .isNotEqualTo(lora.path("holdout_loss_base").doubleValue());
        assertThat(Files.readString(out.resolve("compare.md")))
                .contains("As `qlora` has it: holdout loss ", "| `qlora` | ", "- `qlora`: LoRA on a quarter");

        CommandRun onItsOwn = run("--base", "nf4", "--methods", "lora");

        assertThat(onItsOwn.stderr()).contains("1 of 1, lora: measured before");
    }

    @Test
    void all_haveQloraAmongThem() {
        assertThat(Contender.all())
                .contains(Contender.named("qlora"))
                .hasSize(Methods.names().size() + 1);
    }

    @Test
    void streamThatChanged_isMeasuredAnew() throws IOException {
        Task before = new Task(folder, 0);
        String digest = before.digest();
        assertThat(new Task(folder, 10).digest()).isNotEqualTo(digest);
        Files.write(folder.resolve("stream.jsonl"), chats("no", 24));
        assertThat(before.digest()).isNotEqualTo(digest);
    }

    @Test
    void methodWhoseDefaultsChanged_isMeasuredAnew() throws IOException {
        Measured now = Measured.refused("lora", "task", "model", "why");
        Measured before = Results.parse(Results.print(now).replace("0.001", "0.5"));
        assertThat(before).isNotEqualTo(now);
        assertThat(now.answers("lora", "task", "model")).isTrue();
        assertThat(before.answers("lora", "task", "model")).isFalse();
    }

    @Test
    void methodThatDoesNotApply_isTold() {
        String table =
                new Table(List.of(Measured.refused("pissa", "task", "model", "target_modules is odd"))).markdown();

        assertThat(table).contains("- `pissa`: doesn't apply to this model: target_modules is odd.");
    }

    @Test
    void unknownMethod_isWrongUsage() {
        CommandRun run = run("--methods", "lora,dorra");

        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.lastEvent().path("reason").textValue()).contains("method is \"dorra\"", "did you mean dora?");
    }

    @Test
    void damagedResults_areRefusedWithTheirLine() throws IOException {
        Files.createDirectories(out);
        Files.writeString(out.resolve("compare.jsonl"), "{\"method\": \n");

        CommandRun run = run("--methods", "lora");

        assertThat(run.status()).isEqualTo(ExitCode.BAD_DATA);
        assertThat(run.lastEvent().path("reason").textValue()).contains("compare.jsonl line 1", "remove it");
    }

    private CommandRun run(String... options) {
        return CommandRun.of(
                List.of(
                        "compare",
                        "--json",
                        "--model",
                        MODEL,
                        "--precision",
                        "fp32",
                        "--examples",
                        folder.toString(),
                        "--out",
                        out.toString()),
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
