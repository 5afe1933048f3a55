package io.millrace.trainer.pipeline;

import static io.millrace.trainer.pipeline.TinyModel.ADAPTER;
import static io.millrace.trainer.pipeline.TinyModel.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.trainer.checkpoint.OpenedArtifact;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.log.ChangeOutcome;
import io.millrace.trainer.log.DataDirectoryException;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.model.LinearStorage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnlineTrainerTest {
    private static final String QUICK =
            "{\"rank\": 4, \"learning_rate\": 0.01, \"loraplus_lr_ratio\": 1, \"flush_after_ms\": 20}";

    private static Base base;

    @TempDir
    private Path directory;

    @BeforeAll
    static void load() {
        base = TinyModel.load();
    }

    @AfterAll
    static void close() {
        base.close();
    }

    @Test
    void streamedExamples_areEachSettledOnceAndBetterRevisionsArePublished() {
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            TinyModel.create(trainer, QUICK);
            trainer.log().append(STREAM, 0, TinyModel.examples(0, 400)).block();
            StreamProgress progress = TinyModel.awaitSettled(trainer, 400);
            assertThat(progress.trained() + progress.heldOut()).isEqualTo(400);
            assertThat(progress.heldOut()).isBetween(5L, 50L);
            List<Revision> revisions = trainer.revisions().list(ADAPTER, Long.MAX_VALUE, 1000);
            assertThat(revisions).isNotEmpty();
            assertThat(revisions.get(0).manifest().metrics().get("holdout_loss"))
                    .isLessThan(2.0);
            assertThat(revisions)
                    .extracting(Revision::number)
                    .startsWith((long) revisions.size())
                    .endsWith(1L);
        }
    }

    @Test
    void baseThatIsHeldOtherwise_isRefused() {
        TinyModel.open(directory, base).close();
        try (Base quantised = TinyModel.load(LinearStorage.NF4)) {
            assertThatExceptionOfType(DataDirectoryException.BaseHeldOtherwise.class)
                    .isThrownBy(() -> TinyModel.open(directory, quantised))
                    .withMessageContaining("base is nf4");
        }
    }

    @Test
    void whoeverSeesAllSettled_seesTheRevisionThatCameOfIt() {
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            TinyModel.create(trainer, QUICK.replace("}", ", \"commit_every_ms\": 100}"));
            trainer.log().append(STREAM, 0, TinyModel.examples(0, 400)).block();
            long revision = TinyModel.settled(trainer, 400).revision();
            trainer.pause(ADAPTER, "to see what else it would publish").block();
            assertThat(trainer.revisions().latest(ADAPTER).orElseThrow().number())
                    .isEqualTo(revision);
        }
    }

    @Test
    void restartedTrainer_goesOnFromTheLastCommit() {
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            TinyModel.create(trainer, QUICK);
            trainer.log().append(STREAM, 0, TinyModel.examples(0, 100)).block();
            TinyModel.awaitSettled(trainer, 100);
        }
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            trainer.log().append(STREAM, 100, TinyModel.examples(100, 200)).block();
            StreamProgress progress = TinyModel.awaitSettled(trainer, 200);
            assertThat(progress.trained() + progress.heldOut()).isEqualTo(200);
        }
    }

    @Test
    void pausedAdapter_takesExamplesAndTrainsThemOnceResumed() {
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            TinyModel.create(trainer, QUICK);
            trainer.pause(ADAPTER, "for a while").block();
            trainer.log().append(STREAM, 0, TinyModel.examples(0, 30)).block();
            assertThat(trainer.log().stream(STREAM).orElseThrow().progress().trainedThrough())
                    .isZero();
            assertThat(trainer.resume(ADAPTER).block()).isInstanceOf(ChangeOutcome.Changed.class);
            assertThat(TinyModel.awaitSettled(trainer, 30).trainedThrough()).isEqualTo(30);
        }
    }

    @Test
    void rollback_publishesTheOldWeightsAsANewRevision() {
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            TinyModel.create(trainer, QUICK);
            trainer.log().append(STREAM, 0, TinyModel.examples(0, 400)).block();
            TinyModel.awaitSettled(trainer, 400);
            trainer.pause(ADAPTER, "to look at it").block();
            long latest = trainer.revisions().latest(ADAPTER).orElseThrow().number();
            assertThat(trainer.rollback(ADAPTER, 1).block()).isEqualTo(new Rollback.Done(latest + 1));
            Revision again = trainer.revisions().get(ADAPTER, latest + 1).orElseThrow();
            assertThat(again.manifest().rolledBackTo()).contains(1L);
            assertThat(again.manifest().files())
                    .isEqualTo(trainer.revisions()
                            .get(ADAPTER, 1)
                            .orElseThrow()
                            .manifest()
                            .files());
            assertThat(trainer.rollback(ADAPTER, 99).block())
                    .isEqualTo(new Rollback.UnknownRevision(99, 1, latest + 1));
        }
    }

    @Test
    void adapterFromAPeftFolder_startsWithItAsRevisionOne() throws Exception {
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            TinyModel.create(trainer, QUICK);
            trainer.log().append(STREAM, 0, TinyModel.examples(0, 400)).block();
            TinyModel.awaitSettled(trainer, 400);
            Revision made = trainer.revisions().latest(ADAPTER).orElseThrow();
            var copy = io.millrace.trainer.example.AdapterName.parse("tenants/t/adapters/copy");
            assertThat(trainer.create(copy, "", files(trainer, made), Optional.empty(), false)
                            .block())
                    .isInstanceOf(Creation.Done.class);
            Revision start = trainer.revisions().get(copy, 1).orElseThrow();
            assertThat(start.manifest().files().get(1))
                    .isEqualTo(made.manifest().files().get(1));
        }
    }

    private static Map<String, byte[]> files(OnlineTrainer trainer, Revision revision) throws Exception {
        Map<String, byte[]> files = new HashMap<>();
        for (var file : revision.manifest().files()) {
            var opened = (OpenedArtifact.Intact)
                    trainer.artifacts().open(file.content().sha256());
            try (var lease = opened.lease()) {
                files.put(file.name(), Files.readAllBytes(lease.file()));
            }
        }
        return files;
    }

    @Test
    void badConfigs_areRefusedNamingTheField() {
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            assertThat(refusal(trainer, "{\"rank\": 0}")).contains("rank is 0");
            assertThat(refusal(trainer, "{\"batch_sequences\": 99}")).contains("batch_sequences is 99");
            assertThat(refusal(trainer, "{\"target_modules\": [\"nothing\"]}"))
                    .contains("nothing")
                    .contains("q_proj");
            assertThat(refusal(trainer, "{\"learning_rat\": 1}")).contains("learning_rat");
            assertThat(refusal(trainer, "[]")).contains("object");
            assertThat(refusal(trainer, "{\"method\": \"prompt_tuning\", \"max_tokens\": 240}"))
                    .contains("max_tokens is 240")
                    .contains("virtual tokens take 100")
                    .contains("at most 156");
        }
    }

    private static String refusal(OnlineTrainer trainer, String config) {
        Creation creation = trainer.create(ADAPTER, config, Map.of(), Optional.empty(), false)
                .block();
        assertThat(creation).isInstanceOf(Creation.Invalid.class);
        return ((Creation.Invalid) creation).reason();
    }

    @Test
    void deletedAdapter_leavesNoArtifacts() throws Exception {
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            TinyModel.create(trainer, QUICK);
            trainer.log().append(STREAM, 0, TinyModel.examples(0, 100)).block();
            TinyModel.awaitSettled(trainer, 100);
            trainer.delete(ADAPTER, Optional.empty()).block();
            assertThat(trainer.adapters().get(ADAPTER)).isEmpty();
        }
        try (var files = Files.walk(directory.resolve("artifacts"))) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }
}
