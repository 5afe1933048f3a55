package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.TestDevice;
import io.millrace.trainer.TinyModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RandomWeightsTest {
    private static final ModelConfig CONFIG = TinyModel.everything();
    private static final String EMBEDDING = "model.embed_tokens.weight";

    private final RandomWeights weights = new RandomWeights(CONFIG, 7);

    @Test
    void everyTensorThatTheConfigurationCallsFor_isThere() {
        RequiredTensors.check(Path.of("random"), CONFIG, weights);
        BaseModel.load(CONFIG, weights, FloatType.BFLOAT16, LinearStorage.DENSE, TestDevice.get())
                .close();
    }

    @Test
    void values_areThoseOfTheSeed_withAStandardDeviationOfAFiftieth() {
        float[] values = read(weights, EMBEDDING);

        assertThat(values).isEqualTo(read(new RandomWeights(CONFIG, 7), EMBEDDING));
        assertThat(values).isNotEqualTo(read(new RandomWeights(CONFIG, 8), EMBEDDING));
        assertThat(mean(values, 1)).isCloseTo(0, within(1e-3));
        assertThat(Math.sqrt(mean(values, 2))).isCloseTo(0.02, within(1e-3));
    }

    @Test
    void normsAndBiases_doNothing() {
        assertThat(read(weights, "model.norm.weight")).containsOnly(1);
        assertThat(read(weights, "model.layers.0.self_attn.q_norm.weight")).containsOnly(1);
        assertThat(read(weights, "model.layers.0.mlp.up_proj.bias")).containsOnly(0);
    }

    @Test
    void unknownTensor_isRefused() {
        assertThatThrownBy(() -> weights.shape("model.layers.99.mlp.up_proj.weight"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("layers.99");
    }

    private static double mean(float[] values, int power) {
        return IntStream.range(0, values.length)
                .mapToDouble(i -> Math.pow(values[i], power))
                .average()
                .orElseThrow();
    }

    private static float[] read(Weights weights, String name) {
        long[] shape = weights.shape(name);
        int size = (int) (shape.length == 1 ? shape[0] : shape[0] * shape[1]);
        ByteBuffer memory = ByteBuffer.allocate(4 * size).order(ByteOrder.nativeOrder());
        weights.read(name, FloatType.FLOAT32, memory);
        assertThat(memory.remaining()).isZero();
        float[] values = new float[size];
        memory.flip().order(ByteOrder.nativeOrder()).asFloatBuffer().get(values);
        return values;
    }
}
