package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.Reference;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is GPT-2's own in reading configurations and files. */
class Gpt2Test {
    private static final Path FIXTURE = Reference.copy().resolve("tiny-gpt2");

    @TempDir
    private Path folder;

    @Test
    void config_readsEveryField() {
        ModelConfig config = read(JsonFile.read(FIXTURE.resolve("config.json")));
        assertThat(config.vocabularySize()).isEqualTo(320);
        assertThat(config.hiddenSize()).isEqualTo(32);
        assertThat(config.intermediateSize()).isEqualTo(128);
        assertThat(config.layers()).isEqualTo(3);
        assertThat(config.heads()).isEqualTo(4).isEqualTo(config.keyValueHeads());
        assertThat(config.headSize()).isEqualTo(8);
        assertThat(config.normEpsilon()).isEqualTo(1e-5f);
        assertThat(config.contextLength()).isEqualTo(256);
        assertThat(config.rope()).isEqualTo(Rope.NONE);
        assertThat(config.tiedEmbeddings()).isTrue();
    }

    @Test
    void configThatSaysNothing_isTheSmallestGpt2() {
        ModelConfig config = read(Map.of("model_type", "gpt2"));
        assertThat(List.of(config.vocabularySize(), config.hiddenSize(), config.layers(), config.heads()))
                .containsExactly(50_257, 768, 12, 12);
    }

    @ParameterizedTest
    @CsvSource({
        "activation_function, relu, gelu_new is",
        "n_head, 5, is not a multiple of n_head = 5",
        "scale_attn_by_inverse_layer_idx, true, false is",
        "add_cross_attention, true, false is",
        "scale_attn_weights, false, true is",
    })
    void whatComputesOtherwise_isRefusedByField(String field, String value, String message) {
        Map<String, Object> fields = new HashMap<>(JsonFile.read(FIXTURE.resolve("config.json")));
        Object parsed = value.matches("\\d+") ? Long.valueOf(value) : value;
        fields.put(field, value.matches("true|false") ? Boolean.valueOf(value) : parsed);
        assertThatThrownBy(() -> read(fields))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("config.json", message);
    }

    /** As the model without its head is saved, which is how the oldest ones lie on the hub. */
    @Test
    void filesWithoutTheModelsPrefix_openAsThoseWithIt() throws IOException {
        Files.copy(FIXTURE.resolve("config.json"), folder.resolve("config.json"));
        Map<String, SafetensorsWriter.Tensor> tensors = new HashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(FIXTURE.resolve("model.safetensors"))) {
            for (String name : file.names()) {
                tensors.put(
                        name.replaceFirst("^transformer\\.", ""),
                        new SafetensorsWriter.Tensor(file.shape(name), FloatBuffer.wrap(file.floats(name))));
            }
        }
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        try (ModelFiles headless = ModelFiles.open(folder);
                ModelFiles whole = ModelFiles.open(FIXTURE)) {
            String name = "transformer.h.1.mlp.c_fc.weight";
            assertThat(headless.weights().names()).isEqualTo(whole.weights().names());
            assertThat(values(headless, name)).isEqualTo(values(whole, name));
        }
    }

    private static FloatBuffer values(ModelFiles files, String name) {
        var buffer = ByteBuffer.allocate(32 * 128 * Float.BYTES).order(ByteOrder.nativeOrder());
        files.weights().read(name, FloatType.FLOAT32, buffer);
        return buffer.flip().asFloatBuffer();
    }

    private static ModelConfig read(Map<String, ?> fields) {
        return HuggingFaceConfig.read(new Fields(Path.of("config.json"), "", fields));
    }
}
