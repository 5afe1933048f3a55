package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.Reference;
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

class GgufModelTest {
    private static final Path FIXTURES = Reference.copy().resolve("gguf");

    @TempDir
    private Path folder;

    @Test
    void whatIsKnownAboutTheModel_comesFromMetadata() {
        try (ModelFiles model = ModelFiles.open(FIXTURES.resolve("tiny-qwen2.gguf"))) {
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
        Corruption.overwrites(FIXTURES.resolve("tiny-llama3.gguf"), 2500, 300, scratch, path -> {
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

    /** Of tiny-llama3 with its metadata changed. */
    private static ModelConfig config(Consumer<Map<String, Object>> change) {
        GgufFile file = GgufFile.open(FIXTURES.resolve("tiny-llama3.gguf"));
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
}
