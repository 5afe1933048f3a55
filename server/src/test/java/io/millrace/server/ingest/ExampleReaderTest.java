package io.millrace.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import io.millrace.trainer.example.Completion;
import io.millrace.trainer.example.PlainText;
import io.millrace.trainer.example.TokenIds;
import io.millrace.v1.Example;
import io.millrace.v1.Feedback;
import io.millrace.v1.PreferencePair;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExampleReaderTest {
    @Test
    void chat_isReadWithToolsAndFields_andWholeNumbersStayWhole() {
        Example row = Example.newBuilder()
                .setChat(io.millrace.v1.Chat.newBuilder()
                        .addMessages(message("user", "What is 2 + 2?"))
                        .addMessages(io.millrace.v1.ChatMessage.newBuilder()
                                .setRole("assistant")
                                .setFieldsJson("{\"tool_calls\": [{\"id\": 7, \"ratio\": 0.5, \"none\": null}]}"))
                        .addToolsJson("{\"name\": \"add\", \"limit\": 5000000000}"))
                .build();

        Map<String, Object> call = new java.util.LinkedHashMap<>();
        call.put("id", 7);
        call.put("ratio", 0.5);
        call.put("none", null);
        assertThat(read(row).content())
                .isEqualTo(new Chat(
                        List.of(
                                ChatMessage.of("user", "What is 2 + 2?"),
                                new ChatMessage("assistant", Optional.empty(), Map.of("tool_calls", List.of(call)))),
                        List.of(Map.of("name", "add", "limit", 5_000_000_000L))));
    }

    @Test
    void otherKindsAndLabels_areRead() {
        assertThat(read(completion("Q", "A").build()).content()).isEqualTo(new Completion("Q", "A"));
        assertThat(read(text("a text").build()).content()).isEqualTo(new PlainText("a text"));
        assertThat(read(Example.newBuilder()
                                .setTokenIds(io.millrace.v1.TokenIds.newBuilder()
                                        .addIds(3)
                                        .addIds(4))
                                .build())
                        .content())
                .isEqualTo(new TokenIds(List.of(3, 4), List.of(1f, 1f)));
        assertThat(read(text("a text")
                        .setWeight(2)
                        .setAlwaysTrain(true)
                        .addTags("ticket")
                        .setEventTime(Timestamp.newBuilder().setSeconds(1).setNanos(5))
                        .build()))
                .isEqualTo(new io.millrace.trainer.example.Example(
                        new PlainText("a text"), 2, Optional.of(Instant.ofEpochSecond(1, 5)), List.of("ticket"), true));
        assertThat(read(text("a text").build()).weight()).isEqualTo(1);
    }

    @Test
    void fault09_emptyText_isRefusedNamingTheField() {
        assertRefused(Example.getDefaultInstance(), "content", "is missing");
        assertRefused(text("").build(), "content.text.text", "empty");
        assertRefused(completion("Q", "").build(), "content.completion.completion", "empty");
        assertRefused(chat().build(), "content.chat.messages", "empty");
        assertRefused(chat(message("", "hello")).build(), "content.chat.messages[0]", "role is empty");
        assertRefused(
                chat(io.millrace.v1.ChatMessage.newBuilder().setRole("user").build())
                        .build(),
                "content.chat.messages[0].content",
                "is absent");
    }

    @Test
    void fault09_overlongText_isRefusedNamingTheLimit() {
        assertRefused(text("x".repeat(1 << 20)).build(), "content", "at most 1048576");
        assertRefused(
                chat(Collections.nCopies(1025, message("user", "hi")).toArray(io.millrace.v1.ChatMessage[]::new))
                        .build(),
                "content.chat.messages",
                "at most 1024");
        assertRefused(text("x").addTags("t".repeat(65)).build(), "tags[0]", "at most 64");
        assertRefused(text("x").addAllTags(Collections.nCopies(17, "t")).build(), "tags", "at most 16");
    }

    @Test
    void fault09_invalidText_isRefusedNamingThePlace() {
        assertRefused(text("a\0b").build(), "content.text.text", "U+0000 at index 1");
        assertRefused(chatWithFields("{\"name\": \"\\ud800\"}"), "content.chat.messages[0].fields_json", "surrogate");
        assertRefused(chatWithFields("[1]"), "content.chat.messages[0].fields_json", "no JSON object");
        assertRefused(chatWithFields("{} {}"), "content.chat.messages[0].fields_json", "no JSON object");
        assertRefused(chatWithFields("null"), "content.chat.messages[0].fields_json", "null");
        assertRefused(chatWithFields("{\"content\": 1}"), "content.chat.messages[0]", "fields of their own");
        assertRefused(
                chatWithFields("{\"n\": 99999999999999999999}"), "content.chat.messages[0].fields_json", "64 bits");
        assertRefused(chatWithFields("{\"n\": 1e999}"), "content.chat.messages[0].fields_json", "too large");
    }

    @Test
    void valuesOutOfRange_areRefused() {
        assertRefused(text("x").setWeight(Float.NaN).build(), "weight", "NaN");
        assertRefused(text("x").setWeight(0).build(), "weight", "above 0");
        assertRefused(
                text("x")
                        .setEventTime(Timestamp.newBuilder().setSeconds(Long.MAX_VALUE))
                        .build(),
                "event_time",
                "years 1 to 9999");
        assertRefused(
                Example.newBuilder()
                        .setTokenIds(
                                io.millrace.v1.TokenIds.newBuilder().addIds(-1).addIds(2))
                        .build(),
                "content.token_ids",
                "ids[0] is -1");
    }

    @Test
    void kindsWithoutAMethod_areUnimplementedNamingTheField() {
        assertThat(ExampleReader.read(Example.newBuilder()
                        .setPreferencePair(PreferencePair.getDefaultInstance())
                        .build()))
                .isInstanceOfSatisfying(
                        RowReading.Unimplemented.class,
                        row -> assertThat(row.field()).isEqualTo("content.preference_pair"));
        assertThat(ExampleReader.read(Example.newBuilder()
                        .setFeedback(Feedback.getDefaultInstance())
                        .build()))
                .isInstanceOfSatisfying(
                        RowReading.Unimplemented.class,
                        row -> assertThat(row.field()).isEqualTo("content.feedback"));
    }

    private static io.millrace.trainer.example.Example read(Example row) {
        return ((RowReading.Read) ExampleReader.read(row)).example();
    }

    private static void assertRefused(Example row, String field, String reason) {
        assertThat(ExampleReader.read(row)).isInstanceOfSatisfying(RowReading.Refused.class, refused -> {
            assertThat(refused.field()).isEqualTo(field);
            assertThat(refused.reason()).contains(reason);
        });
    }

    private static Example.Builder text(String text) {
        return Example.newBuilder()
                .setText(io.millrace.v1.PlainText.newBuilder().setText(text));
    }

    private static Example.Builder completion(String prompt, String completion) {
        return Example.newBuilder()
                .setCompletion(
                        io.millrace.v1.Completion.newBuilder().setPrompt(prompt).setCompletion(completion));
    }

    private static Example.Builder chat(io.millrace.v1.ChatMessage... messages) {
        return Example.newBuilder().setChat(io.millrace.v1.Chat.newBuilder().addAllMessages(List.of(messages)));
    }

    private static Example chatWithFields(String json) {
        return chat(message("user", "hi").toBuilder().setFieldsJson(json).build())
                .build();
    }

    private static io.millrace.v1.ChatMessage message(String role, String content) {
        return io.millrace.v1.ChatMessage.newBuilder()
                .setRole(role)
                .setContent(content)
                .build();
    }
}
