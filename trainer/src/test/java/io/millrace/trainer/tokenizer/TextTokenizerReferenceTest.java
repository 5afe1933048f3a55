package io.millrace.trainer.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.trainer.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Token ids against those of transformers. */
class TextTokenizerReferenceTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-llama3", "tiny-mistral", "tiny-qwen2", "tiny-qwen3", "tiny-gpt2"})
    void awkwardTexts_haveTheIdsOfTransformers(String model) throws IOException {
        Path folder = Reference.model(model);
        JsonNode expected = JSON.readTree(Files.readString(folder.resolve("reference.json")))
                .path("tokenizer");
        assertThat(expected).isNotEmpty();
        try (TextTokenizer tokenizer = TextTokenizer.of(folder.resolve("tokenizer.json"))) {
            for (Map.Entry<String, JsonNode> text : expected.properties()) {
                int[] ids = ints(text.getValue());
                assertThat(tokenizer.encode(text.getKey()).ids())
                        .as(text.getKey())
                        .containsExactly(ids);
                assertThat(tokenizer.decode(ids, false)).isEqualTo(text.getKey());
            }
        }
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size())
                .map(i -> array.path(i).intValue())
                .toArray();
    }
}
