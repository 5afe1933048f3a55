package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.eval.Scorer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What they compute is for LoraGradientTest to say, and for GradientWithoutKernelsTest that the engine does the same. */
class KernelsTest {
    @Test
    void build_hasThemForItsOwnMachine() {
        assertThat(Kernels.areFor(Device.cpu()))
                .as("kernels compiled and loaded; the tests need gcc on Linux")
                .isTrue();
    }

    @Test
    void gpu_isNotTheirs() {
        assertThat(Kernels.areFor(Device.gpu(0))).isFalse();
    }

    /** Wherever it comes up, what is no number must reach the loss, by which the step's guard knows. */
    @ParameterizedTest
    @CsvSource({
        "model.layers.0.input_layernorm.weight, FLOAT32",
        "model.layers.2.self_attn.k_proj.weight, FLOAT32",
        "model.layers.2.self_attn.v_proj.weight, BFLOAT16",
        "model.layers.1.mlp.gate_proj.weight, FLOAT32",
        "model.layers.2.mlp.gate_proj.weight, BFLOAT16",
        "model.layers.2.mlp.up_proj.weight, BFLOAT16",
        "model.norm.weight, FLOAT32",
        "model.embed_tokens.weight, BFLOAT16"
    })
    void notANumber_reachesTheLoss(String weight, FloatType type) {
        float[] values = TinyModel.values(TinyModel.plain(), weight);
        Arrays.fill(values, Float.NaN);
        try (BaseModel model = TinyModel.load(TinyModel.plain(), type, Map.of(weight, values))) {
            assertThat(Scorer.losses(model, Optional.empty(), TinyModel.sequences(40, 9)))
                    .allSatisfy(loss -> assertThat(loss.mean()).isNaN());
        }
    }
}
