package io.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.client.cli.ExitCode;
import io.millrace.server.CommandRun;
import io.millrace.server.TinyTrainer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrowthCommandTest {
    @TempDir
    private Path directory;

    @Test
    void everyCurve_isMeasuredAndDrawn() {
        CommandRun run = CommandRun.of(
                List.of("bench", "growth", "--json", "--quick", "--rounds", "1", "--precision", "fp32"),
                "--model",
                TinyTrainer.reference().resolve("tiny-llama").toString(),
                "--out",
                directory.resolve("plots").toString());

        assertThat(run.status()).as(run.stderr()).isEqualTo(ExitCode.OK);
        JsonNode finished = run.lastEvent();
        assertThat(sizes(finished, "model")).containsExactly(7L);
        assertThat(sizes(finished, "sequence_length")).containsExactly(64L, 128L);
        assertThat(sizes(finished, "rank")).containsExactly(1L, 4L);
        assertThat(sizes(finished, "adapters")).containsExactly(1L, 3L);
        assertThat(finished.path("plots"))
                .hasSize(4)
                .allSatisfy(plot -> assertThat(Path.of(plot.textValue())).isNotEmptyFile());
    }

    @Test
    void oneCurve_canBeMeasuredAlone() {
        CommandRun run = CommandRun.of(
                List.of("bench", "growth", "--json", "--quick", "--rounds", "1", "--only", "model"),
                "--out",
                directory.toString());

        assertThat(run.status()).as(run.stderr()).isEqualTo(ExitCode.OK);
        assertThat(run.lastEvent().path("plots")).hasSize(1);
        assertThat(run.lastEvent().has("by_rank")).isFalse();
    }

    private static List<Long> sizes(JsonNode finished, String name) {
        JsonNode curve = finished.path("by_" + name);
        assertThat(curve).allMatch(point -> point.path("tokens_per_second").doubleValue() > 0);
        return curve.findValues(name).stream()
                .map(size -> Math.round(size.doubleValue()))
                .toList();
    }
}
