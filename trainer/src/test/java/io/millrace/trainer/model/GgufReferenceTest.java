package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that the gguf package wrote, against its own dequantiser and the models they were made from; {@code make_gguf.py} says more. */
class GgufReferenceTest {
    private static final Path FIXTURES = Reference.other("gguf");

    /** Half a step of Q8_0, and the rounding of its scale to float16; float16 and bfloat16 are finer. */
    private static final float TOLERANCE = 0.5f / 127 + 0x1p-11f;

    @ParameterizedTest
    @EnumSource(
            value = Encoding.class,
            names = {"I32", "I64", "F64"},
            mode = EnumSource.Mode.EXCLUDE)
    void everyType_hasTheValuesOfGgufsOwnDequantiser(Encoding encoding) {
        GgufFile file = GgufFile.open(FIXTURES.resolve("types.gguf"));
        try (SafetensorsFile expected = SafetensorsFile.open(FIXTURES.resolve("types.safetensors"))) {
            StoredTensor tensor = tensor(file, encoding.name());
            assertThat(tensor.encoding()).isEqualTo(encoding);
            assertThat(tensor.shape()).containsExactly(3, 256);
            assertThat(tensor.floats()).containsExactly(expected.floats(encoding.name()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama3", "tiny-qwen2", "tiny-qwen3"})
    void convertedModel_hasTheOriginalsTensors(String name) {
        try (ModelFiles gguf = ModelFiles.open(FIXTURES.resolve(name + ".gguf"));
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
        try (ModelFiles gguf = ModelFiles.open(FIXTURES.resolve(name + ".gguf"));
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

    /** Beside the folder of GGUF files, wherever that lies. */
    private static Path original(String name) {
        return FIXTURES.resolveSibling(name);
    }

    private static StoredTensor tensor(GgufFile file, String name) {
        return Objects.requireNonNull(file.tensors().get(name), name);
    }

    private static float[] read(Weights weights, String name, int size) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(size * Float.BYTES).order(ByteOrder.nativeOrder());
        weights.read(name, FloatType.FLOAT32, buffer);
        float[] values = new float[size];
        buffer.flip().asFloatBuffer().get(values);
        return values;
    }

    private static float largest(float[] values) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
