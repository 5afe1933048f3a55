package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.TestDevice;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.eval.Scorer;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BaseModelTest {
    @Test
    void linears_areThoseOfEveryBlockInOrder() {
        try (BaseModel model = TinyModel.load(TinyModel.everything(), FloatType.FLOAT32)) {
            assertThat(model.linears())
                    .hasSize(3 * 7)
                    .startsWith(
                            new Linear("model.layers.0.self_attn.q_proj", 32, 72),
                            new Linear("model.layers.0.self_attn.k_proj", 32, 24),
                            new Linear("model.layers.0.self_attn.v_proj", 32, 24),
                            new Linear("model.layers.0.self_attn.o_proj", 72, 32),
                            new Linear("model.layers.0.mlp.gate_proj", 32, 80),
                            new Linear("model.layers.0.mlp.up_proj", 32, 80),
                            new Linear("model.layers.0.mlp.down_proj", 80, 32),
                            new Linear("model.layers.1.self_attn.q_proj", 32, 72));
        }
    }

    @Test
    void tensorOfAnotherShape_isRefusedByName() {
        ModelConfig config = TinyModel.plain();
        Weights weights = TinyModel.weights(TinyModel.everything());
        assertThatThrownBy(
                        () -> BaseModel.load(config, weights, FloatType.FLOAT32, LinearStorage.DENSE, TestDevice.get()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "tensor model.layers.0.self_attn.q_proj.weight has shape [72, 32]; the model's config makes it [32, 32]");
    }

    @Test
    void idBeyondTheVocabulary_isAnErrorAndNoCrash() {
        try (BaseModel model = TinyModel.load(TinyModel.plain(), FloatType.FLOAT32)) {
            assertThatThrownBy(() -> Scorer.logits(model, Optional.empty(), new int[] {5, TinyModel.VOCABULARY}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("token id 320; the vocabulary has 0 to 319");
            assertThat(Scorer.logits(model, Optional.empty(), new int[] {5, 6})).hasDimensions(2, TinyModel.VOCABULARY);
        }
    }
}
