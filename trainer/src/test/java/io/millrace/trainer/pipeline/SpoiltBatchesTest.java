package io.millrace.trainer.pipeline;

import static io.millrace.trainer.pipeline.TinyModel.ADAPTER;
import static io.millrace.trainer.pipeline.TinyModel.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.log.Adapter;
import io.millrace.trainer.log.StreamProgress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a model that gives no finite loss where an example has a certain character. */
class SpoiltBatchesTest {
    private static final String CONFIG = """
            {"rank": 4, "learning_rate": 0.01, "loraplus_lr_ratio": 1, "flush_after_ms": 20, "batch_sequences": 8, "holdout_share": 0,
             "replay_share": 0.5}""";

    @TempDir
    private Path directory;

    private Base base;

    @BeforeEach
    void load() throws Exception {
        base = PoisonedModel.load(Files.createDirectory(directory.resolve("model")));
    }

    @AfterEach
    void close() {
        base.close();
    }

    @Test
    void fault11_spoiltBatchesInARow_updateNothingAndPauseTheAdapter_whichResumesAfterThem() {
        Path data = directory.resolve("data");
        List<String> state;
        try (OnlineTrainer trainer = TinyModel.open(data, base)) {
            TinyModel.create(trainer, CONFIG);
            append(trainer, 0, TinyModel.examples(0, 16));
            TinyModel.awaitSettled(trainer, 16);
            long steps = trainer.steps(ADAPTER);
            state = trainer.stateDigests(ADAPTER);

            append(trainer, 16, poisoned(16, 40));

            Adapter paused = awaitPaused(trainer);
            assertThat(paused.pausedBecause().orElseThrow()).contains("training stopped: 3 batches in a row");
            assertThat(trainer.stateDigests(ADAPTER)).isEqualTo(state);
            assertThat(trainer.steps(ADAPTER)).isEqualTo(steps);
            assertThat(progress(trainer)).isEqualTo(new StreamProgress(40, 16, 0, 24, 0));
            append(trainer, 40, TinyModel.examples(40, 56));
        }
        try (OnlineTrainer trainer = TinyModel.open(data, base)) {
            assertThat(progress(trainer)).as("stays paused").isEqualTo(new StreamProgress(40, 16, 0, 24, 0));

            trainer.resume(ADAPTER).block();

            assertThat(TinyModel.awaitSettled(trainer, 56)).isEqualTo(new StreamProgress(56, 32, 0, 24, 0));
            assertThat(trainer.stateDigests(ADAPTER)).isNotEqualTo(state);
            assertThat(adapter(trainer).isPaused()).isFalse();
        }
    }

    @Test
    void fault11_spoiltExamplesAmongGoodOnes_areQuarantinedAndTrainingGoesOn() {
        try (OnlineTrainer trainer = TinyModel.open(directory.resolve("data"), base)) {
            TinyModel.create(trainer, CONFIG);
            for (int from = 0; from < 64; from += 8) {
                append(trainer, from, poisoned(from, from + 4));
                append(trainer, from + 4, TinyModel.examples(from + 4, from + 8));
            }

            assertThat(TinyModel.awaitSettled(trainer, 64)).isEqualTo(new StreamProgress(64, 32, 0, 32, 0));
            assertThat(adapter(trainer).isPaused()).isFalse();
        }
    }

    private static void append(OnlineTrainer trainer, long offset, List<Example> examples) {
        trainer.log().append(STREAM, offset, examples).block();
    }

    private static List<Example> poisoned(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> Example.of(Chat.of(
                        ChatMessage.of("user", "What is " + i + "?"),
                        ChatMessage.of("assistant", PoisonedModel.POISON + i + "."))))
                .toList();
    }

    private static Adapter awaitPaused(OnlineTrainer trainer) {
        trainer.log()
                .appended(ADAPTER)
                .filter(signal -> adapter(trainer).isPaused())
                .blockFirst(TinyModel.PATIENCE);
        return adapter(trainer);
    }

    private static Adapter adapter(OnlineTrainer trainer) {
        return trainer.adapters().get(ADAPTER).orElseThrow();
    }

    private static StreamProgress progress(OnlineTrainer trainer) {
        return trainer.log().stream(STREAM).orElseThrow().progress();
    }
}
