package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.Reference;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsWriterTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tiny-llama/model.safetensors",
                "tiny-qwen3/adapters/lora-rank-pattern/adapter_model.safetensors",
                "tiny-llama3/adapters/prompt_tuning/adapter_model.safetensors"
            })
    void fileOfTheLibrary_isWrittenAgainByteForByte(String name) throws IOException {
        Path original = Reference.copy().resolve(name);
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(original)) {
            file.names().forEach(n -> tensors.put(n, tensor(file.shape(n), file.floats(n))));
        }
        Path copy = folder.resolve("copy.safetensors");
        SafetensorsWriter.write(copy, tensors);
        assertThat(copy).hasSameBinaryContentAs(original);
    }

    @Test
    void viewOfLargerArray_writesItsRangeAndLeavesItUnmoved() throws IOException {
        float[] all = new float[300_000];
        IntStream.range(0, all.length).forEach(i -> all[i] = i);
        SafetensorsWriter.Tensor view =
                new SafetensorsWriter.Tensor(new long[] {2, 100_000}, FloatBuffer.wrap(all, 50_000, 200_000));
        Path path = folder.resolve("view.safetensors");
        SafetensorsWriter.write(path, Map.of("x", view));
        SafetensorsWriter.write(path, Map.of("x", view));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.shape("x")).containsExactly(2, 100_000);
            assertThat(file.floats("x"))
                    .hasSize(200_000)
                    .startsWith(50_000f, 50_001f)
                    .endsWith(249_999f);
        }
    }

    @Test
    void shapeOfAnotherSize_isRefused() {
        assertThatThrownBy(() -> tensor(new long[] {2, 3}, new float[5]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("[2, 3]", "6", "5");
    }

    private static SafetensorsWriter.Tensor tensor(long[] shape, float[] values) {
        return new SafetensorsWriter.Tensor(shape, FloatBuffer.wrap(values));
    }
}
