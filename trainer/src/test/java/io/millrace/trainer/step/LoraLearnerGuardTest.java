package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.LoraAdapter;
import io.millrace.trainer.peft.ParameterLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Batches that must not be trained on; the models are doctored so that one token does the damage. */
class LoraLearnerGuardTest {
    private static final StepSettings SETTINGS = new StepSettings(0.01, 1, 0, 1, 4096, 0, 0);
    private static final ModelConfig CONFIG = TinyModel.everything();
    private static final String EMBEDDING = "model.embed_tokens.weight";
    private static final int POISON = 2;

    @Test
    void lossThatIsNotFinite_namesItsExampleAndChangesNothing() {
        float[] embedding = TinyModel.values(CONFIG, EMBEDDING);
        Arrays.fill(
                embedding, POISON * CONFIG.hiddenSize(), (POISON + 1) * CONFIG.hiddenSize(), Float.POSITIVE_INFINITY);
        try (BaseModel model = TinyModel.load(CONFIG, FloatType.FLOAT32, Map.of(EMBEDDING, embedding));
                AdapterLearner learner = learner(model, TinyModel.adapter(model, path -> 4))) {
            assertRejected(learner, "not finite");
            assertThat(learner.step(batchWithPoison().subList(0, 2), SETTINGS))
                    .as("goes on with good batches")
                    .isInstanceOf(StepOutcome.Applied.class);
        }
    }

    /** Only the poison has the first channel, of which the head makes logits of all sizes; the blocks add nothing to it. */
    @Test
    void lossFarAboveGuessing_namesItsExampleAndChangesNothing() {
        int hidden = CONFIG.hiddenSize();
        Map<String, float[]> replaced = new HashMap<>();
        float[] embedding = embeddingWhoseFirstChannelIsThePoison();
        float[] head = TinyModel.values(CONFIG, "lm_head.weight");
        for (int id = 0; id < TinyModel.VOCABULARY; id++) {
            head[id * hidden] *= 1e4f;
        }
        replaced.put(EMBEDDING, embedding);
        replaced.put("lm_head.weight", head);
        for (int layer = 0; layer < CONFIG.layers(); layer++) {
            for (String name : List.of("self_attn.o_proj.", "mlp.down_proj.")) {
                String path = "model.layers." + layer + "." + name;
                replaced.put(path + "weight", new float[TinyModel.values(CONFIG, path + "weight").length]);
                replaced.put(path + "bias", new float[hidden]);
            }
        }
        try (BaseModel model = TinyModel.load(CONFIG, FloatType.FLOAT32, replaced);
                AdapterLearner learner =
                        learner(model, TinyModel.adapter(model, path -> path.endsWith("q_proj") ? 4 : 0))) {
            assertRejected(learner, "the mean loss is");
        }
    }

    /**
     * B is 0, so the loss knows nothing of A; but the gradient of B is proportional to A's output. A reads one channel
     * of layer 0's input, which is 0 in all embeddings but the poison's.
     */
    @Test
    void gradientThatOverflows_namesTheExampleThatDoesItAlone() {
        Map<String, float[]> replaced = Map.of(EMBEDDING, embeddingWhoseFirstChannelIsThePoison());
        try (BaseModel model = TinyModel.load(CONFIG, FloatType.FLOAT32, replaced);
                AdapterLearner learner = learner(model, adapterThatReadsTheFirstChannel(model))) {
            assertRejected(learner, "gradient is not finite");
            assertThat(learner.step(batchWithPoison().subList(0, 2), SETTINGS)).isInstanceOf(StepOutcome.Applied.class);
        }
    }

    private static LoraAdapter adapterThatReadsTheFirstChannel(BaseModel model) {
        LoraAdapter random = TinyModel.adapter(model, path -> path.equals("model.layers.0.self_attn.q_proj") ? 1 : 0);
        ParameterLayout layout = random.weights().layout();
        float[] values = new float[layout.size()];
        values[layout.parameters().get(0).offset()] = 1e30f;
        return new LoraAdapter(random.modules(), new AdapterWeights(layout, values));
    }

    private static float[] embeddingWhoseFirstChannelIsThePoison() {
        float[] embedding = TinyModel.values(CONFIG, EMBEDDING);
        for (int id = 0; id < TinyModel.VOCABULARY; id++) {
            embedding[id * CONFIG.hiddenSize()] = id == POISON ? 1 : 0;
        }
        return embedding;
    }

    private static void assertRejected(AdapterLearner learner, String reason) {
        TrainingState before = States.copy(learner);
        StepOutcome outcome = learner.step(batchWithPoison(), SETTINGS);
        assertThat(outcome).isInstanceOfSatisfying(StepOutcome.Rejected.class, rejected -> {
            assertThat(rejected.offenders()).containsExactly(2);
            assertThat(rejected.reason()).contains(reason);
            assertThat(rejected.losses()).hasSize(4);
            assertThat(rejected.losses().stream().filter(ExampleLoss::isFinite)).hasSizeGreaterThanOrEqualTo(3);
        });
        TrainingState after = learner.state();
        assertThat(after.weights().values()).isEqualTo(before.weights().values());
        assertThat(after.moments()).isEqualTo(before.moments());
        assertThat(after.step()).isEqualTo(before.step());
    }

    /** Four sequences; the third has the poisoned token in its middle. */
    private static List<Sequence> batchWithPoison() {
        List<Sequence> batch = new ArrayList<>(TinyModel.sequences(12, 11, 10, 12));
        batch.get(2).ids()[5] = POISON;
        return batch;
    }

    private static AdapterLearner learner(BaseModel model, LoraAdapter adapter) {
        return Gradients.HAND_WRITTEN.start(model, adapter.modules(), States.fresh(adapter));
    }
}
