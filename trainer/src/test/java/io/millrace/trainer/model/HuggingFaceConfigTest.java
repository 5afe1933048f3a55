package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.Reference;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HuggingFaceConfigTest {
    @Test
    void llama_readsEveryField() {
        ModelConfig config = read(fixture("tiny-llama3"));
        assertThat(config.architecture()).isEqualTo("llama");
        assertThat(config.vocabularySize()).isEqualTo(320);
        assertThat(config.hiddenSize()).isEqualTo(32);
        assertThat(config.intermediateSize()).isEqualTo(80);
        assertThat(config.layers()).isEqualTo(3);
        assertThat(config.heads()).isEqualTo(4);
        assertThat(config.keyValueHeads()).isEqualTo(2);
        assertThat(config.headSize()).isEqualTo(24);
        assertThat(config.normEpsilon()).isEqualTo(1e-5f);
        assertThat(config.contextLength()).isEqualTo(256);
        assertThat(config.slidingWindow()).isEmpty();
        assertThat(config.tiedEmbeddings()).isFalse();
        assertThat(config.attentionBias() || config.outputBias() || config.mlpBias() || config.headNorms())
                .isFalse();
    }

    @Test
    void llamaWithBiases_hasThemOnEveryProjection() {
        ModelConfig config = read(with("tiny-llama", "attention_bias", true, "mlp_bias", true));
        assertThat(config.attentionBias() && config.outputBias() && config.mlpBias())
                .isTrue();
    }

    @Test
    void mistral_slidesInEveryLayer() {
        ModelConfig config = read(fixture("tiny-mistral"));
        assertThat(config.slidingWindow()).hasValue(8);
        assertThat(config.slidingLayers()).isEmpty();
        assertThat(read(with("tiny-mistral", "sliding_window", null)).slidingWindow())
                .isEmpty();
    }

    @Test
    void mistralThatSaysNothing_hasTransformersDefault() {
        Map<String, @Nullable Object> fields = fixture("tiny-mistral");
        fields.remove("sliding_window");
        assertThat(read(fields).slidingWindow()).hasValue(4096);
    }

    @Test
    void qwen2_hasBiasesOnQueriesKeysAndValuesOnly() {
        ModelConfig config = read(fixture("tiny-qwen2"));
        assertThat(config.attentionBias()).isTrue();
        assertThat(config.outputBias()).isFalse();
        assertThat(config.headSize()).isEqualTo(8);
    }

    @Test
    void qwen2WithWindow_slidesInTheLayersNamed() {
        Map<String, @Nullable Object> fields =
                with("tiny-qwen2", "use_sliding_window", true, "sliding_window", 16L, "max_window_layers", 1L);
        fields.put("layer_types", List.of("sliding_attention", "full_attention", "sliding_attention"));
        assertThat(read(fields).slidingLayers()).containsExactly(true, false, true);
        fields.remove("layer_types");
        assertThat(read(fields).slidingLayers()).containsExactly(false, true, true);
        assertThat(read(fields).slidingWindow()).hasValue(16);
        fields.put("max_window_layers", 3L);
        assertThat(read(fields).slidingWindow()).isEmpty();
        assertThat(read(fields).slidingLayers()).isEmpty();
    }

    @Test
    void qwen3_normalisesHeadsAndHasItsOwnHeadSize() {
        ModelConfig config = read(fixture("tiny-qwen3"));
        assertThat(config.headNorms()).isTrue();
        assertThat(config.headSize()).isEqualTo(16);
        Map<String, @Nullable Object> fields = fixture("tiny-qwen3");
        fields.remove("head_dim");
        assertThat(read(fields).headSize()).isEqualTo(128);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-llama3", "tiny-mistral", "tiny-qwen2", "tiny-qwen3"})
    void olderDialect_readsAsTheNewerOne(String model) {
        ModelConfig newer = read(fixture(model));
        Map<String, @Nullable Object> fields = fixture(model);
        Map<String, Object> rope = new HashMap<>(objectOf(fields.remove("rope_parameters")));
        fields.put("rope_theta", rope.remove("rope_theta"));
        fields.put("rope_scaling", "default".equals(rope.get("rope_type")) ? null : rope);
        fields.put("torch_dtype", fields.remove("dtype"));
        ModelConfig older = read(fields);
        assertThat(older).usingRecursiveComparison().isEqualTo(newer);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "null",
            value = {
                "model_type, gemma, 'model_type = gemma is not supported; llama'",
                "model_type, null, field model_type is missing",
                "hidden_act, gelu, hidden_act = gelu",
                "hidden_size, null, field hidden_size is missing",
                "vocab_size, -5, vocab_size = -5",
                "num_hidden_layers, 99999999999, num_hidden_layers = 99999999999",
                "num_hidden_layers, three, num_hidden_layers = three is not a whole number",
                "num_attention_heads, 3, 3 heads are not a multiple of 2 key-value heads",
                "head_dim, 7, a head size of 7 is odd",
                "rms_norm_eps, 0, rms_norm_eps = 0 is not a number above 0",
                "tie_word_embeddings, yes, tie_word_embeddings = yes is not true or false",
                "quantization_config, x, quantization_config"
            })
    void wrongField_isRefusedByNameAndValue(String field, @Nullable String value, String message) {
        Object parsed = value != null && value.matches("-?\\d+") ? Long.valueOf(value) : value;
        assertThatThrownBy(() -> read(with("tiny-llama", field, parsed)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("config.json", message);
    }

    @Test
    void layerTypesOfAnotherLength_areRefused() {
        Map<String, @Nullable Object> fields = with("tiny-qwen2", "use_sliding_window", true, "sliding_window", 16L);
        fields.put("layer_types", List.of("sliding_attention"));
        assertThatThrownBy(() -> read(fields)).hasMessageContaining("1 layer types for 3 layers");
        fields.put("layer_types", List.of("chunked_attention"));
        assertThatThrownBy(() -> read(fields)).hasMessageContaining("unknown type chunked_attention");
    }

    private static ModelConfig read(Map<String, ? extends @Nullable Object> fields) {
        return HuggingFaceConfig.read(new Fields(Path.of("config.json"), "", fields));
    }

    private static Map<String, @Nullable Object> fixture(String model) {
        return new HashMap<>(JsonFile.read(Reference.copy().resolve(model).resolve("config.json")));
    }

    private static Map<String, @Nullable Object> with(String model, @Nullable Object... fields) {
        Map<String, @Nullable Object> all = fixture(model);
        for (int i = 0; i < fields.length; i += 2) {
            all.put(String.valueOf(fields[i]), fields[i + 1]);
        }
        return all;
    }

    @SuppressWarnings("unchecked") // the keys of a JSON object are texts
    private static Map<String, Object> objectOf(@Nullable Object value) {
        return (Map<String, Object>) Objects.requireNonNull(value);
    }
}
