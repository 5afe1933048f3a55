package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.trainer.Reference;
import io.millrace.trainer.SmolLm2;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The real model's file against what transformers reads from it. */
class SmolLm2WeightsReferenceTest {
    @Test
    void rows_areThoseOfTransformersExactly() throws IOException {
        JsonNode rows = new ObjectMapper()
                .readTree(Reference.other("smollm2/smollm2.json").toFile())
                .path("rows");
        assertThat(rows).isNotEmpty();
        try (ModelFiles model = ModelFiles.open(SmolLm2.file())) {
            for (String name : (Iterable<String>) rows::fieldNames) {
                JsonNode expected = rows.path(name);
                assertThat(model.weights().shape(name)).as(name).containsExactly(longs(expected.path("shape")));
                float[] values = read(model.weights(), name);
                int columns = expected.path("shape").size() == 1
                        ? 8
                        : expected.path("shape").get(1).intValue();
                int last = values.length - columns;
                assertThat(Arrays.copyOf(values, 8)).as(name).containsExactly(floats(expected.path("first")));
                assertThat(Arrays.copyOfRange(values, last, last + 8))
                        .as(name)
                        .containsExactly(floats(expected.path("last")));
            }
        }
    }

    @Test
    void config_isThatOfTheModelCard() {
        try (ModelFiles model = ModelFiles.open(SmolLm2.file())) {
            ModelConfig config = model.config();
            assertThat(List.of(config.layers(), config.hiddenSize(), config.heads(), config.keyValueHeads()))
                    .containsExactly(30, 576, 9, 3);
            assertThat(List.of(config.intermediateSize(), config.vocabularySize(), config.contextLength()))
                    .containsExactly(1536, 49152, 8192);
            assertThat(config.normEpsilon()).isEqualTo(1e-5f);
            assertThat(config.tiedEmbeddings()).isTrue();
            assertThat(config.rope().inverseFrequencies()).hasSize(32).startsWith(1f);
            assertThat(model.eosIds()).containsExactly(2);
            assertThat(model.name()).isEqualTo("SmolLM2-135M-Instruct.Q4_1");
            assertThat(model.chatTemplate()).get().asString().contains("<|im_start|>");
            assertThat(model.digest())
                    .isEqualTo("sha256:b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53");
        }
    }

    private static float[] read(Weights weights, String name) {
        int size = (int) Arrays.stream(weights.shape(name)).reduce(1, (a, b) -> a * b);
        ByteBuffer buffer = ByteBuffer.allocateDirect(size * Float.BYTES).order(ByteOrder.nativeOrder());
        weights.read(name, FloatType.FLOAT32, buffer);
        float[] values = new float[size];
        buffer.flip().asFloatBuffer().get(values);
        return values;
    }

    private static long[] longs(JsonNode array) {
        List<Long> values = new ArrayList<>();
        array.forEach(value -> values.add(value.longValue()));
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    private static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).floatValue();
        }
        return values;
    }
}
