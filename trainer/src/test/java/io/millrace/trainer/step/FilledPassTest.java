package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.Adaptations;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.PackedBatch;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.peft.AdapterWeights;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens and rows that only fill up a pass change nothing. Where the bound on tokens leaves no room, there are none. */
class FilledPassTest {
    private static final List<Sequence> BATCH = TinyModel.sequences(9, 12);

    private static BaseModel model;

    @BeforeAll
    static void load() {
        model = TinyModel.load(TinyModel.everything(), FloatType.FLOAT32);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private record Found(List<ExampleLoss> losses, float[] gradient, Map<String, Double> means) {}

    @Test
    void batch_isFilledUpWithoutTheBoundAlone() {
        assertThat(PackedBatch.split(BATCH, 21).get(0).ids()).hasSize(21);
        assertThat(PackedBatch.split(BATCH, 4096).get(0).ids()).hasSize(32);
    }

    /** By hand, and by autograd with virtual tokens, whose gates are averaged over the other tokens. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"rank\": 4}",
                "{\"method\": \"unipelt\", \"num_virtual_tokens\": 4, \"rank\": 4, \"bottleneck_size\": 2}"
            })
    void whatFillsUp_changesNeitherLossesNorGradientsNorMeans(String config) {
        Adaptation adaptation = Adaptations.of(model, config);
        int virtual = config.contains("virtual") ? 4 : 0;
        Found bare = step(adaptation, 21 + 2 * virtual);
        Found filled = step(adaptation, 4096);
        for (int i = 0; i < BATCH.size(); i++) {
            assertThat(filled.losses().get(i).mean())
                    .isCloseTo(bare.losses().get(i).mean(), within(1e-5));
        }
        assertThat(filled.gradient()).containsExactly(bare.gradient(), within(1e-5f));
        assertThat(filled.means()).hasSameSizeAs(bare.means());
        bare.means()
                .forEach((name, mean) ->
                        assertThat(filled.means().get(name)).as(name).isCloseTo(mean, within(1e-6)));
    }

    private static Found step(Adaptation adaptation, int microBatchTokens) {
        StepSettings settings = new StepSettings(0.001, 1, 0, 1, microBatchTokens, 0.9, 7);
        TrainingState start = TrainingState.start(weights(adaptation), 0);
        try (AdapterLearner learner = AdapterLearner.start(model, adaptation, start)) {
            float[] gradient = learner.gradient(BATCH, settings);
            StepOutcome outcome = learner.step(BATCH, settings);
            return new Found(outcome.losses(), gradient, learner.means());
        }
    }

    private static AdapterWeights weights(Adaptation adaptation) {
        Random random = new Random(3);
        float[] values = new float[adaptation.trained().layout().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (0.2 * random.nextGaussian());
        }
        return new AdapterWeights(adaptation.trained().layout(), values);
    }
}
