package io.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.client.cli.ExitCode;
import io.millrace.server.CommandRun;
import io.millrace.server.TinyTrainer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StepCommandTest {
    private final InputStream stdin = System.in;

    @AfterEach
    void restoreStdin() {
        System.setIn(stdin);
    }

    @Test
    void eachLine_isAStepOnTheNextBatch() throws IOException {
        CommandRun run = run("dense_8x64\nragged\nragged\n");

        assertThat(run.status()).as(run.stderr()).isEqualTo(ExitCode.OK);
        assertThat(run.events())
                .extracting(event -> event.path("event").textValue())
                .containsExactly("step", "step", "step", "finished");
        JsonNode dense = run.events().get(0);
        assertThat(dense.path("workload").textValue()).isEqualTo("dense_8x64");
        assertThat(dense.path("seconds").doubleValue()).isPositive();
        assertThat(dense.path("ids")).hasSize(8).allMatch(ids -> ids.size() == 64);
        assertThat(dense.path("loss_weights").get(0).get(0).doubleValue()).isZero();
        assertThat(run.events().get(1).path("ids"))
                .isNotEqualTo(run.events().get(2).path("ids"));
    }

    @Test
    void unknownWorkload_isRefused_namingThoseThatThereAre() {
        CommandRun run = run("sparse\n");

        assertThat(run.status()).isEqualTo(ExitCode.BAD_DATA);
        assertThat(run.lastEvent().path("reason").textValue()).contains("sparse", "dense_8x64", "shared_prefix");
    }

    private static CommandRun run(String lines) {
        System.setIn(new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)));
        return CommandRun.of(
                List.of("bench", "step", "--json", "--precision", "fp32", "--examples", "../examples/support-desk"),
                "--model",
                TinyTrainer.reference().resolve("tiny-llama").toString());
    }
}
