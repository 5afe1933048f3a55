package io.millrace.trainer.pipeline;

import static io.millrace.trainer.pipeline.TinyModel.ADAPTER;
import static io.millrace.trainer.pipeline.TinyModel.PATIENCE;
import static io.millrace.trainer.pipeline.TinyModel.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.log.ChangeOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Supernet, search, and training of what was found, on one stream. */
class NoahSearchTest {
    private static final int EXAMPLES = 160;
    private static final int SUPERNET_STEPS = 6;
    private static final String CONFIG =
            "{\"method\": \"noah\", \"num_virtual_tokens\": 4, \"rank\": 4, \"bottleneck_size\": 4, \"supernet_steps\": 6, "
                    + "\"search_population\": 10, \"search_parents\": 3, \"search_rounds\": %d, \"learning_rate\": 0.01, "
                    + "\"flush_after_ms\": 0, \"commit_every_ms\": 100, \"max_tokens\": 128}";

    private static Base base;

    @TempDir
    private Path folder;

    @BeforeAll
    static void load() {
        base = TinyModel.load();
    }

    @AfterAll
    static void close() {
        base.close();
    }

    @Test
    void nothingIsPublishedBeforeTheSearchIsOver_thenWhatItFound() {
        try (OnlineTrainer trainer = TinyModel.open(folder, base)) {
            TinyModel.create(trainer, CONFIG.formatted(4));
            append(trainer);
            List<CommitEvent> commits = trainer.commits(ADAPTER)
                    .takeUntil(commit -> commit.streams().values().stream()
                            .anyMatch(progress -> progress.trainedThrough() == EXAMPLES))
                    .collectList()
                    .block(PATIENCE);
            assertThat(commits)
                    .filteredOn(commit -> commit.step() < SUPERNET_STEPS)
                    .isNotEmpty()
                    .allMatch(commit -> commit.revision() == 0);
            Map<String, Double> metrics = latest(trainer).manifest().metrics();
            assertThat(metrics).containsKeys("subnet_prompt", "subnet_lora", "subnet_bottleneck");
            assertThat(metrics.get("subnet_parameters")).isBetween(1., (double) budget());
            assertThat(metrics.get("holdout_loss")).isLessThan(metrics.get("live_holdout_loss"));
            assertThat(trainer.progress(ADAPTER).activity()).isEmpty();
        }
    }

    @Test
    void searchThatIsTakenBack_endsWithTheBestSoFar() {
        try (OnlineTrainer trainer = TinyModel.open(folder, base)) {
            TinyModel.create(trainer, CONFIG.formatted(1000));
            append(trainer);
            awaitSearch(trainer);
            assertThat(trainer.progress(ADAPTER).activity()).matches("searching, .* of 1000 rounds done.*");
            assertThat(trainer.update(ADAPTER, CONFIG.formatted(1), Optional.empty(), false)
                            .block())
                    .isInstanceOf(ChangeOutcome.Changed.class);
            TinyModel.awaitSettled(trainer, EXAMPLES);
            assertThat(latest(trainer).manifest().metrics().get("subnet_parameters"))
                    .isBetween(1., (double) budget());
        }
    }

    @Test
    void searchThatIsCutShort_goesOnToTheSameEnd() throws IOException {
        Path whole = folder.resolve("whole");
        Path cut = folder.resolve("cut");
        try (OnlineTrainer trainer = TinyModel.open(whole, base)) {
            TinyModel.create(trainer, CONFIG.formatted(20));
            trainer.pause(ADAPTER, "until all examples are there").block();
            append(trainer);
        }
        Directories.copy(whole, cut);
        try (OnlineTrainer trainer = TinyModel.open(cut, base)) {
            trainer.resume(ADAPTER).block();
            awaitSearch(trainer);
        }
        try (OnlineTrainer trainer = TinyModel.open(cut, base)) {
            awaitSearch(trainer);
            assertThat(trainer.progress(ADAPTER).activity()).startsWith("searching, ");
        }
        assertThat(finish(cut)).isEqualTo(finish(whole));
    }

    private static List<String> finish(Path directory) {
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            trainer.resume(ADAPTER).block();
            TinyModel.awaitSettled(trainer, EXAMPLES);
        }
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            return trainer.stateDigests(ADAPTER);
        }
    }

    private static void append(OnlineTrainer trainer) {
        trainer.log().append(STREAM, 0, TinyModel.examples(0, EXAMPLES)).block();
    }

    /** Until a round of it is committed. */
    private static void awaitSearch(OnlineTrainer trainer) {
        trainer.commits(ADAPTER)
                .filter(commit -> commit.step() == SUPERNET_STEPS
                        && trainer.progress(ADAPTER).activity().contains("best loss"))
                .blockFirst(PATIENCE);
    }

    private static Revision latest(OnlineTrainer trainer) {
        return trainer.revisions().latest(ADAPTER).orElseThrow();
    }

    private static long budget() {
        return AdapterConfigJson.parse(CONFIG.formatted(1))
                .method()
                .on(base.host())
                .supernet()
                .orElseThrow()
                .space()
                .budget();
    }
}
