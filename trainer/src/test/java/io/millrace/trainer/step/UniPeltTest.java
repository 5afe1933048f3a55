package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.Adaptations;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** UniPELT's prefix is that of prefix tuning, and its gates see nothing of what comes. */
class UniPeltTest {
    private static final String CONFIG =
            "{\"method\": \"unipelt\", \"num_virtual_tokens\": 4, \"rank\": 8, \"bottleneck_size\": 2}";

    private static BaseModel model;

    @BeforeAll
    static void load() {
        model = TinyModel.load(TinyModel.everything(), FloatType.FLOAT32);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    /** The other gates are shut. */
    @Test
    void openPrefix_isPrefixTuning() {
        Adaptation adaptation = Adaptations.of(model, CONFIG);
        AdapterWeights weights = weights(adaptation, Map.of(), name -> name.contains("gate_prefix"));
        ParameterLayout.Parameter prefix = weights.layout().parameters().get(0);
        float[] values = new float[prefix.size()];
        weights.values(prefix).get(values);
        Adaptation alone = Adaptations.of(
                model, "{\"method\": \"prefix_tuning\", \"num_virtual_tokens\": 4, \"encoder_hidden_size\": 0}");
        AdapterWeights same = weights(alone, Map.of("prompt_embeddings", values), name -> false);
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 300);
        List<ExampleLoss> expected = losses(alone, same, batch);
        List<ExampleLoss> found = losses(adaptation, weights, batch);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(found.get(i).mean()).isCloseTo(expected.get(i).mean(), within(1e-5));
        }
    }

    @Test
    void laterTokens_changeNothingBeforeThem() {
        Adaptation adaptation = Adaptations.of(model, CONFIG);
        AdapterWeights weights = weights(adaptation, Map.of(), name -> false);
        Optional<TrainedAdapter> adapter = Optional.of(new TrainedAdapter(adaptation, weights));
        int[] ids = TinyModel.sequences(12).get(0).ids();
        int[] otherEnd = ids.clone();
        otherEnd[11] = ids[11] == 5 ? 6 : 5;
        otherEnd[10] = ids[10] == 5 ? 6 : 5;
        float[][] logits = Scorer.logits(model, adapter, ids);
        float[][] others = Scorer.logits(model, adapter, otherEnd);
        for (int i = 0; i < 10; i++) {
            assertThat(others[i]).containsExactly(logits[i], within(1e-5f));
        }
        assertThat(others[11]).isNotEqualTo(logits[11]);
    }

    @Test
    void steps_tellHowFarTheGatesAreOpen() {
        Adaptation adaptation = Adaptations.of(model, CONFIG);
        AdapterWeights weights = weights(adaptation, Map.of(), name -> name.contains("gate_lora"));
        try (AdapterLearner learner = AdapterLearner.start(model, adaptation, TrainingState.start(weights, 0))) {
            learner.step(TinyModel.sequences(9, 12), new StepSettings(0.001, 1, 0, 1, 4096, 0.9, 7));
            assertThat(learner.means().get("mean_gate_lora")).isCloseTo(1, within(1e-6));
            assertThat(learner.means().get("mean_gate_prefix")).isCloseTo(0, within(1e-6));
            assertThat(learner.means().get("mean_gate_adapter")).isCloseTo(0, within(1e-6));
        }
    }

    private static List<ExampleLoss> losses(Adaptation adaptation, AdapterWeights weights, List<Sequence> batch) {
        return Scorer.losses(model, Optional.of(new TrainedAdapter(adaptation, weights)), batch);
    }

    /** Random, but for what is given; gates are 1 where they are chosen, else 0. */
    private static AdapterWeights weights(Adaptation adaptation, Map<String, float[]> given, Predicate<String> open) {
        Random random = new Random(3);
        float[] values = new float[adaptation.trained().layout().size()];
        for (ParameterLayout.Parameter parameter : adaptation.trained().layout().parameters()) {
            float[] own = given.get(parameter.name());
            for (int i = 0; i < parameter.size(); i++) {
                float value = own == null ? (float) (0.2 * random.nextGaussian()) : own[i];
                if (parameter.name().contains(".gate_")) {
                    value = parameter.name().endsWith("weight") ? 0 : open.test(parameter.name()) ? 30 : -30;
                }
                values[parameter.offset() + i] = value;
            }
        }
        return new AdapterWeights(adaptation.trained().layout(), values);
    }
}
