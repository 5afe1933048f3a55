package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.Floats;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.peft.LoraAdapter;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.ParameterLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoraLearnerTest {
    private static final StepSettings SETTINGS = new StepSettings(0.01, 1, 0.01, 1, 4096, 0.9, 7);
    private static final ToIntFunction<String> ALL = path -> 4;

    private static BaseModel plain;

    @BeforeAll
    static void load() {
        plain = TinyModel.load(TinyModel.plain(), FloatType.FLOAT32);
    }

    @AfterAll
    static void close() {
        plain.close();
    }

    @Test
    void average_followsTheWeights() {
        try (AdapterLearner learner = Gradients.HAND_WRITTEN.learner(plain, ALL)) {
            float[] expected = Floats.of(learner.average());
            assertThat(expected).isEqualTo(Floats.of(learner.state().weights()));
            for (int step = 0; step < 3; step++) {
                learner.step(TinyModel.sequences(9, 40), SETTINGS);
                float[] weights = Floats.of(learner.state().weights());
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = 0.9f * expected[i] + 0.1f * weights[i];
                }
                Floats.assertClose(Floats.of(learner.average()), expected, 1e-6);
            }
            learner.step(TinyModel.sequences(9, 40), new StepSettings(0.01, 1, 0.01, 1, 4096, 0, 7));
            assertThat(learner.average().values())
                    .isEqualTo(learner.state().weights().values());
        }
    }

    @Test
    void rateRatio_isAFactorOnTheRateOfBAlone() {
        float[] slow = afterOneStep(new StepSettings(0.01, 1, 0.01, 1, 4096, 0, 7));
        float[] fast = afterOneStep(new StepSettings(0.04, 1, 0.01, 1, 4096, 0, 7));
        float[] ratio = afterOneStep(new StepSettings(0.01, 4, 0.01, 1, 4096, 0, 7));
        ParameterLayout layout = TinyModel.adapter(plain, ALL).weights().layout();
        assertThat(slow).isNotEqualTo(fast);
        for (ParameterLayout.Parameter parameter : layout.parameters()) {
            float[] expected = parameter.name().contains("lora_A") ? slow : fast;
            int end = parameter.offset() + parameter.size();
            assertThat(Arrays.copyOfRange(ratio, parameter.offset(), end))
                    .as(parameter.name())
                    .isEqualTo(Arrays.copyOfRange(expected, parameter.offset(), end));
        }
    }

    private static float[] afterOneStep(StepSettings settings) {
        try (AdapterLearner learner = Gradients.HAND_WRITTEN.learner(plain, ALL)) {
            learner.step(TinyModel.sequences(9, 40), settings);
            return Floats.of(learner.state().weights());
        }
    }

    @Test
    void runThatStopsAndStartsAgain_endsWithTheSameBits() {
        TrainingState straight;
        try (AdapterLearner learner = Gradients.HAND_WRITTEN.learner(plain, ALL)) {
            train(learner, 0, 6);
            straight = States.copy(learner);
        }
        TrainingState half;
        try (AdapterLearner learner = Gradients.HAND_WRITTEN.learner(plain, ALL)) {
            train(learner, 0, 3);
            half = States.copy(learner);
        }
        try (BaseModel fresh = TinyModel.load(TinyModel.plain(), FloatType.FLOAT32);
                AdapterLearner learner = Gradients.HAND_WRITTEN.start(
                        fresh, TinyModel.adapter(fresh, ALL).modules(), half)) {
            assertSame(learner.state(), half);
            train(learner, 3, 6);
            assertSame(learner.state(), straight);
        }
    }

    /** They share the frozen weights and the scratch area beside them. */
    @Test
    void adaptersOnOneModel_leaveEachOtherAlone() {
        ToIntFunction<String> few = path -> path.endsWith("v_proj") ? 9 : 0;
        TrainingState allAlone;
        TrainingState fewAlone;
        try (AdapterLearner all = Gradients.HAND_WRITTEN.learner(plain, ALL)) {
            train(all, 0, 4);
            allAlone = States.copy(all);
        }
        try (AdapterLearner learner = Gradients.HAND_WRITTEN.learner(plain, few)) {
            train(learner, 0, 4);
            fewAlone = States.copy(learner);
        }
        try (BaseModel model = TinyModel.load(TinyModel.plain(), FloatType.FLOAT32);
                AdapterLearner all = Gradients.HAND_WRITTEN.learner(model, ALL);
                AdapterLearner other = Gradients.HAND_WRITTEN.learner(model, few)) {
            List<ExampleLoss> base = Scorer.losses(model, Optional.empty(), batch(9));
            for (int step = 0; step < 4; step++) {
                train(all, step, step + 1);
                train(other, step, step + 1);
                assertThat(Scorer.losses(model, Optional.empty(), batch(9))).isEqualTo(base);
            }
            assertSame(all.state(), allAlone);
            assertSame(other.state(), fewAlone);
        }
    }

    /** The frozen weights are laid out anew, in their place or, where there is no room for so many columns, in another. */
    @ParameterizedTest
    @ValueSource(ints = {20, 100})
    void widerAdapterThatComesInBetween_leavesTheOthersAlone(int rank) {
        TrainingState byHandAlone;
        TrainingState byAutogradAlone;
        try (AdapterLearner learner = Gradients.HAND_WRITTEN.learner(plain, ALL)) {
            train(learner, 0, 4);
            byHandAlone = States.copy(learner);
        }
        try (AdapterLearner learner = Gradients.byAutograd(0).learner(plain, ALL)) {
            train(learner, 0, 4);
            byAutogradAlone = States.copy(learner);
        }
        try (BaseModel model = TinyModel.load(TinyModel.plain(), FloatType.FLOAT32);
                AdapterLearner byHand = Gradients.HAND_WRITTEN.learner(model, ALL);
                AdapterLearner byAutograd = Gradients.byAutograd(0).learner(model, ALL)) {
            train(byHand, 0, 2);
            train(byAutograd, 0, 2);
            try (AdapterLearner wider = Gradients.HAND_WRITTEN.learner(model, path -> rank)) {
                train(byHand, 2, 3);
                train(byAutograd, 2, 3);
                train(wider, 0, 1);
            }
            train(byHand, 3, 4);
            train(byAutograd, 3, 4);
            assertSame(byHand.state(), byHandAlone);
            assertSame(byAutograd.state(), byAutogradAlone);
        }
    }

    @Test
    void moduleThatTheModelLacks_isRefusedByName() {
        LoraAdapter adapter = TinyModel.adapter(plain, ALL);
        List<LoraModule> modules = List.of(new LoraModule("model.layers.9.mlp.up_proj", 32, 80, 4, 1));
        assertThatThrownBy(() -> Gradients.HAND_WRITTEN.start(plain, modules, States.fresh(adapter)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("model.layers.9.mlp.up_proj");
    }

    @Test
    void layoutThatDoesNotFit_isRefusedWithBoth() {
        LoraAdapter adapter = TinyModel.adapter(plain, ALL);
        List<LoraModule> modules = List.of(new LoraModule("model.layers.0.mlp.up_proj", 32, 80, 5, 1));
        assertThatThrownBy(() -> Gradients.HAND_WRITTEN.start(plain, modules, States.fresh(adapter)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("model.layers.0.self_attn.q_proj.lora_A.weight, shape=[4, 32]")
                .hasMessageContaining("the model makes it")
                .hasMessageContaining("model.layers.0.mlp.up_proj.lora_A.weight, shape=[5, 32]");
    }

    @Test
    void batchWithNothingToTrainOn_isRefused() {
        try (AdapterLearner learner = Gradients.HAND_WRITTEN.learner(plain, ALL)) {
            assertThatThrownBy(() -> learner.step(List.of(new Sequence(new int[] {3, 4}, new float[2])), SETTINGS))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no token to train on");
        }
    }

    private static void train(AdapterLearner learner, int from, int to) {
        for (int step = from; step < to; step++) {
            assertThat(learner.step(batch(step), SETTINGS)).isInstanceOf(StepOutcome.Applied.class);
        }
    }

    private static List<Sequence> batch(int step) {
        return TinyModel.sequences(8 + step, 20, 33 - step);
    }

    private static void assertSame(TrainingState actual, TrainingState expected) {
        assertThat(actual.weights().layout()).isEqualTo(expected.weights().layout());
        assertThat(actual.weights().values()).isEqualTo(expected.weights().values());
        assertThat(actual.average().values()).isEqualTo(expected.average().values());
        assertThat(actual.moments()).isEqualTo(expected.moments());
        assertThat(actual.step()).isEqualTo(expected.step());
    }
}
