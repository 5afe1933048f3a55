package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufModelTest {
    /** Half a step of Q8_0, and the rounding of its scale to float16; float16 and bfloat16 are finer. */
    private static final float TOLERANCE = 0.5f / 127 + 0x1p-11f;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama3", "tiny-qwen2", "tiny-qwen3"})
    void convertedModel_hasTheOriginalsTensors(String name) {
        try (ModelFiles gguf = ModelFiles.open(GgufFixture.path(name + ".gguf"));
                SafetensorsFile original = SafetensorsFile.open(original(name).resolve("model.safetensors"))) {
            assertThat(gguf.weights().names()).isEqualTo(original.names());
            for (String tensor : original.names()) {
                assertThat(gguf.weights().shape(tensor)).as(tensor).isEqualTo(original.shape(tensor));
                float[] expected = original.floats(tensor);
                float largest = largest(expected);
                float[] values = read(gguf.weights(), tensor, expected.length);
                for (int i = 0; i < expected.length; i++) {
                    assertThat(values[i]).as("%s[%d]", tensor, i).isCloseTo(expected[i], within(TOLERANCE * largest));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama3", "tiny-qwen2", "tiny-qwen3"})
    void convertedModel_hasTheOriginalsConfig(String name) {
        try (ModelFiles gguf = ModelFiles.open(GgufFixture.path(name + ".gguf"));
                ModelFiles original = ModelFiles.open(original(name))) {
            assertThat(gguf.config())
                    .usingRecursiveComparison()
                    .ignoringFields("rope")
                    .isEqualTo(original.config());
            float[] expected = original.config().rope().inverseFrequencies();
            float[] frequencies = gguf.config().rope().inverseFrequencies();
            assertThat(frequencies).hasSameSizeAs(expected);
            for (int i = 0; i < expected.length; i++) {
                assertThat(frequencies[i]).isCloseTo(expected[i], within(1e-6f * expected[i]));
            }
        }
    }

    @Test
    void whatIsKnownAboutTheModel_comesFromMetadata() {
        try (ModelFiles model = ModelFiles.open(GgufFixture.path("tiny-qwen2.gguf"))) {
            assertThat(model.name()).isEqualTo("millrace/tiny-qwen2");
            assertThat(model.eosIds()).isEqualTo(Set.of(2, 5));
            assertThat(model.chatTemplate()).hasValue("{{ messages }}");
            assertThat(model.ggufMetadata()).containsEntry("general.architecture", "qwen2");
            assertThat(model.tokenizerJson()).isEmpty();
            assertThat(model.tokenizerConfig()).isEmpty();
            assertThat(model.digest()).matches("sha256:[0-9a-f]{64}");
        }
    }

    @Test
    void damagedModel_fault43_opensOrIsRefused() throws IOException {
        Path scratch = folder.resolve("damaged.gguf");
        Corruption.overwrites(GgufFixture.path("tiny-llama3.gguf"), 2500, 300, scratch, path -> {
            try (ModelFiles model = ModelFiles.open(path)) {
                readAll(model.weights());
            }
        });
    }

    @Test
    void mistralsFile_hasItsSlidingWindow() {
        assertThat(config(m -> m.put("llama.attention.sliding_window", 4096L)).slidingWindow())
                .hasValue(4096);
        assertThat(config(m -> m.put("llama.attention.sliding_window", 0L)).slidingWindow())
                .isEmpty();
    }

    @Test
    void ropeScaling_isHonoured() {
        float[] scaled =
                config(m -> m.put("llama.rope.scaling.factor", 4.0)).rope().inverseFrequencies();
        float[] unscaled = config(m -> {}).rope().inverseFrequencies();
        assertThat(scaled[0] * 4).isCloseTo(unscaled[0], within(1e-6f));
        Rope yarn = config(m -> {
                    m.put("llama.rope.scaling.type", "yarn");
                    m.put("llama.rope.scaling.factor", 4.0);
                    m.put("llama.rope.scaling.original_context_length", 64L);
                })
                .rope();
        assertThat(yarn.attentionFactor()).isCloseTo(1.1386294f, within(1e-6f));
        assertThat(yarn.inverseFrequencies()[0]).isEqualTo(unscaled[0]);
    }

    @ParameterizedTest
    @CsvSource({
        "general.architecture, gemma3, general.architecture = gemma3 is not supported",
        "llama.rope.scaling.type, longrope, llama.rope.scaling.type = longrope is not supported",
        "llama.block_count, x, llama.block_count = x is not a whole number",
        "llama.attention.value_length, 16, llama.attention.value_length = 16 differs from the head size of 24",
        "llama.rope.dimension_count, 12, llama.rope.dimension_count = 12 differs",
        "llama.expert_count, 8, llama.expert_count = 8 is not supported",
        "split.count, 3, split.count = 3 is not supported; join the parts",
        "llama.attention.head_count_kv, 3, 4 heads are not a multiple of 3 key-value heads"
    })
    void wrongMetadata_isRefusedByNameAndValue(String key, String value, String message) {
        Object parsed = value.matches("\\d+") ? (Object) Long.valueOf(value) : value;
        assertThatThrownBy(() -> config(m -> m.put(key, parsed)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("tiny-llama3.gguf", message);
    }

    @Test
    void missingMetadata_isRefusedByName() {
        assertThatThrownBy(() -> config(m -> m.remove("llama.context_length")))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("llama.context_length is missing");
    }

    /** In the test resources, from which the GGUF files were made, whatever other fixtures are being run. */
    private static Path original(String name) {
        return GgufFixture.path("types.gguf")
                .resolve("../../reference")
                .resolve(name)
                .normalize();
    }

    /** Of tiny-llama3 with its metadata changed. */
    private static ModelConfig config(Consumer<Map<String, Object>> change) {
        GgufFile file = GgufFile.open(GgufFixture.path("tiny-llama3.gguf"));
        Map<String, Object> metadata = new HashMap<>(file.metadata());
        change.accept(metadata);
        return GgufConfig.read(new GgufFile(file.path(), metadata, file.tensors()));
    }

    private static float[] read(Weights weights, String name, int size) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(size * Float.BYTES).order(ByteOrder.nativeOrder());
        weights.read(name, FloatType.FLOAT32, buffer);
        float[] values = new float[size];
        buffer.flip().asFloatBuffer().get(values);
        return values;
    }

    private static void readAll(Weights weights) {
        for (String name : weights.names()) {
            int size = 1;
            for (long dimension : weights.shape(name)) {
                size *= (int) dimension;
            }
            read(weights, name, size);
        }
    }

    private static float largest(float[] values) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
