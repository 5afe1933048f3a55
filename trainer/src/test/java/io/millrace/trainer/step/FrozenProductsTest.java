package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.model.NativeArrays;
import io.millrace.trainer.peft.LoraAdapter;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class FrozenProductsTest {
    private static final ModelConfig CONFIG = TinyModel.plain();
    private static final Offset<Float> ROUNDING = within(1e-4f);

    /** The last product of a width stays in its memory: of the middle's width that is the way back through the last down. */
    @Test
    void products_areThoseOfTheWeights() {
        int middle = CONFIG.intermediateSize();
        int hidden = CONFIG.hiddenSize();
        float[] down = TinyModel.values(CONFIG, "model.layers.2.mlp.down_proj.weight");
        try (BaseModel model = TinyModel.load(CONFIG, FloatType.FLOAT32);
                NDManager scope = model.newScope()) {
            NDList products = model.run(scope, "products", new NDList(NativeArrays.of(scope, new long[] {5, 300})));
            NDArray back = products.stream()
                    .filter(array -> array.getShape().get(1) == middle)
                    .findFirst()
                    .orElseThrow();

            assertThat(back.getShape().getShape()).containsExactly(5, middle);
            float[] row = back.toFloatArray();
            for (int column = 0; column < middle; column++) {
                float sum = 0;
                for (int i = 0; i < hidden; i++) {
                    sum += down[i * middle + column];
                }
                assertThat(row[column]).isCloseTo(sum, ROUNDING);
            }
        }
    }

    @Test
    void modelThatWasTrainedOn_isRefused_sinceItsWeightsAreInPieces() {
        try (BaseModel model = TinyModel.load(CONFIG, FloatType.FLOAT32)) {
            FrozenProducts.compute(model, 5, 3);
            LoraAdapter adapter = TinyModel.adapter(model, path -> 4);
            TrainingState state = TrainingState.start(adapter.weights(), 0);
            try (AdapterLearner learner = Gradients.HAND_WRITTEN.start(model, adapter.modules(), state)) {
                learner.step(TinyModel.sequences(9, 7), new StepSettings(0.001, 1, 0, 1, 4096, 0, 0));
            }

            assertThatThrownBy(() -> FrozenProducts.compute(model, 5, 3)).hasMessageContaining("has been trained on");
        }
    }
}
