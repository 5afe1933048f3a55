package io.millrace.trainer.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.trainer.Reference;
import io.millrace.trainer.SmolLm2;
import io.millrace.trainer.chat.ChatTemplate;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.model.ModelFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The real model's tokenizer, built from its GGUF metadata, against llama.cpp's ids. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SmolLm2TokenizerReferenceTest {
    private final ModelFiles model = ModelFiles.open(SmolLm2.file());
    private final TextTokenizer text = TextTokenizer.ofGguf(model.ggufMetadata());
    private final ExampleTokenizer examples = new ExampleTokenizer(
            text,
            SpecialTokens.ofGguf(model.ggufMetadata()),
            model.chatTemplate().map(ChatTemplate::of),
            model.config().vocabularySize());
    private JsonNode reference;

    @BeforeAll
    void readReference() throws IOException {
        reference = new ObjectMapper()
                .readTree(Reference.other("smollm2/smollm2.json").toFile());
    }

    @AfterAll
    void close() {
        text.close();
        model.close();
    }

    @Test
    void awkwardTexts_haveTheIdsOfLlamaCpp() {
        assertThat(reference.path("tokens")).isNotEmpty();
        for (Map.Entry<String, JsonNode> entry : reference.path("tokens").properties()) {
            int[] ids = ints(entry.getValue());
            assertThat(text.encode(entry.getKey()).ids()).as(entry.getKey()).containsExactly(ids);
            assertThat(text.decode(ids, false)).isEqualTo(entry.getKey());
        }
    }

    @Test
    void prompts_areTheReferencesTokens() {
        for (JsonNode asked : reference.path("chats")) {
            if (asked.path("add_generation_prompt").booleanValue()) {
                assertThat(examples.prompt(chat(asked))).containsExactly(ints(asked.path("ids")));
            }
        }
    }

    @Test
    void lastTurns_areTrainedAtTheReferencesPositions() {
        assertThat(reference.path("losses")).isNotEmpty();
        for (JsonNode scored : reference.path("losses")) {
            int[] expectedIds = ints(scored.path("ids"));
            int[] lastTurn = ints(scored.path("trained"));
            var tokens = (Tokenized.Tokens)
                    examples.tokenize(Example.of(chat(scored)), new LengthLimit(500, LengthLimit.OverLong.REFUSE));
            int end = lastTurn[lastTurn.length - 1] + 1;
            assertThat(tokens.ids()).containsExactly(Arrays.copyOf(expectedIds, end));
            assertThat(IntStream.range(lastTurn[0] - 1, end).filter(i -> tokens.lossWeights()[i] > 0))
                    .containsExactlyElementsOf(Arrays.stream(lastTurn).boxed().toList());
        }
    }

    private static Chat chat(JsonNode json) {
        List<ChatMessage> messages = new ArrayList<>();
        json.path("messages")
                .forEach(message -> messages.add(ChatMessage.of(
                        message.path("role").textValue(),
                        message.path("content").textValue())));
        return new Chat(messages, List.of());
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size())
                .map(i -> array.path(i).intValue())
                .toArray();
    }
}
