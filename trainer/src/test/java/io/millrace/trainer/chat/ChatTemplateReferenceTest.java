package io.millrace.trainer.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.trainer.Reference;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What transformers renders or refuses, and where it and marked twins of the templates see what the model generates. */
class ChatTemplateReferenceTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};
    private static final TypeReference<List<Map<String, Object>>> LIST_OF_MAPS = new TypeReference<>() {};

    private JsonNode reference = JSON.createObjectNode();

    @BeforeEach
    void read() throws IOException {
        reference = JSON.readTree(Reference.other("chat-templates/chats.json").toFile());
    }

    @TestFactory
    Stream<DynamicTest> chat_rendersAsTransformersDoes() {
        return cases("")
                .map(chat -> dynamicTest(name(chat), () -> {
                    boolean prompt = chat.get("add_generation_prompt").asBoolean();
                    if (chat.has("error")) {
                        assertThatThrownBy(() ->
                                        template(chat).render(messages(chat), tools(chat), prompt, variables(chat)))
                                .isInstanceOf(ChatTemplateException.class);
                    } else {
                        assertThat(template(chat).render(messages(chat), tools(chat), prompt, variables(chat)))
                                .isEqualTo(chat.get("out").asText());
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> generationBlocks_areTheTrainedSpans() {
        return cases("spans").map(chat -> dynamicTest(name(chat), () -> checkSpans(chat, "spans")));
    }

    @TestFactory
    Stream<DynamicTest> templateWithoutGenerationBlocks_trainsOnWhatTheModelWouldGenerate() {
        return cases("trained").map(chat -> dynamicTest(name(chat), () -> checkSpans(chat, "trained")));
    }

    @TestFactory
    Stream<DynamicTest> snippet_rendersAsJinjaDoes() {
        List<Object> list = List.of(1, 2, 3, 4);
        Map<String, Object> map = new LinkedHashMap<>();
        List<Object> mixed = new ArrayList<>(List.of(true, 1.5, "x'y"));
        mixed.add(1, null);
        map.put("a", 1);
        map.put("b", mixed);
        map.put("items", 7);
        map.put("none", null);
        Map<String, Object> variables = new HashMap<>();
        variables.put("l", list);
        variables.put("m", map);
        variables.put("s", " a.b|c ");
        variables.put("nul", null);
        return nodes(reference.get("snippets"))
                .map(snippet -> dynamicTest(snippet.get("template").asText(), () -> {
                    String source = snippet.get("template").asText();
                    if (snippet.has("error")) {
                        assertThatThrownBy(() -> ChatTemplate.of(source).render(List.of(), List.of(), false, variables))
                                .isInstanceOf(ChatTemplateException.class);
                    } else {
                        String rendered = ChatTemplate.of(source).render(List.of(), List.of(), false, variables);
                        assertThat(withoutAddress(rendered))
                                .isEqualTo(withoutAddress(snippet.get("out").asText()));
                    }
                }));
    }

    /** Python prints a method with the address of its object, which differs from run to run. */
    private static String withoutAddress(String text) {
        return text.replaceAll("0x[0-9a-f]+", "0x0");
    }

    private Stream<JsonNode> cases(String field) {
        return nodes(reference.get("cases")).filter(chat -> field.isEmpty() || chat.has(field));
    }

    private static Stream<JsonNode> nodes(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    private static String name(JsonNode chat) {
        return chat.get("template").asText() + "/" + chat.get("chat").asText();
    }

    private ChatTemplate template(JsonNode chat) {
        return ChatTemplate.of(
                reference.get("templates").get(chat.get("template").asText()).asText());
    }

    private static List<Map<String, Object>> messages(JsonNode chat) {
        return JSON.convertValue(chat.get("messages"), LIST_OF_MAPS);
    }

    private static List<Map<String, Object>> tools(JsonNode chat) {
        return chat.get("tools").isNull() ? List.of() : JSON.convertValue(chat.get("tools"), LIST_OF_MAPS);
    }

    private static Map<String, Object> variables(JsonNode chat) {
        return JSON.convertValue(chat.get("variables"), MAP);
    }

    private void checkSpans(JsonNode chat, String field) {
        TrainingText text = template(chat).trainingText(messages(chat), tools(chat), variables(chat));
        List<Span> expected = nodes(chat.get(field))
                .map(span -> inUnits(
                        chat.get("out").asText(),
                        span.get(0).asInt(),
                        span.get(1).asInt()))
                .toList();
        if (expected.isEmpty()) {
            assertThat(text).isInstanceOf(TrainingText.Refused.class);
            return;
        }
        assertThat(text).isInstanceOfSatisfying(TrainingText.Located.class, located -> {
            assertThat(located.trained()).isEqualTo(expected);
            assertThat(chat.get("out").asText()).startsWith(located.text());
        });
    }

    /** The fixture counts Python's characters, which are code points. */
    private static Span inUnits(String text, int start, int end) {
        return new Span(text.offsetByCodePoints(0, start), text.offsetByCodePoints(0, end));
    }
}
