package io.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.client.cli.ExitCode;
import io.millrace.server.CommandRun;
import io.millrace.server.TinyTrainer;
import java.util.List;
import org.junit.jupiter.api.Test;

class PipelineCommandTest {
    private static final String MODEL =
            TinyTrainer.reference().resolve("tiny-llama").toString();

    @Test
    void everyFigure_isMeasured() {
        CommandRun run = CommandRun.of(
                List.of("bench", "pipeline", "--json", "--quick", "--model", MODEL, "--precision", "fp32"));

        assertThat(run.status()).as(run.stderr()).isEqualTo(ExitCode.OK);
        JsonNode finished = run.lastEvent();
        assertThat(finished.path("event").textValue()).isEqualTo("finished");
        for (String figure : List.of(
                "log_examples_per_second",
                "ingest_examples_per_second",
                "ingest_chats_per_second",
                "ack_p50_ms",
                "ack_p99_ms",
                "training_alone_tokens_per_second",
                "training_loaded_tokens_per_second",
                "ack_while_training_p50_ms",
                "ack_while_training_p99_ms",
                "publish_p50_ms",
                "publish_p99_ms",
                "verified_p50_ms",
                "verified_p99_ms",
                "watchers_heap_bytes",
                "last_watcher_ms",
                "last_watcher_ms_over_100_connections")) {
            assertThat(finished.path(figure).isNumber()).as(figure).isTrue();
        }
        for (String share : List.of("ingest_cost_share", "load_client_share")) {
            assertThat(finished.path(share).doubleValue()).as(share).isBetween(-1.0, 1.0);
        }
        assertThat(finished.path("ingest_examples_per_second").doubleValue()).isPositive();
        assertThat(finished.path("publish_p99_ms").doubleValue())
                .isGreaterThanOrEqualTo(finished.path("publish_p50_ms").doubleValue());
    }

    @Test
    void onlySome_areMeasuredWhenAskedFor() {
        CommandRun run = CommandRun.of(List.of(
                "bench", "pipeline", "--json", "--quick", "--only", "log", "--model", MODEL, "--precision", "fp32"));

        assertThat(run.status()).as(run.stderr()).isEqualTo(ExitCode.OK);
        assertThat(run.lastEvent().has("log_examples_per_second")).isTrue();
        assertThat(run.lastEvent().has("ack_p50_ms")).isFalse();
    }
}
