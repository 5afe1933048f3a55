package io.millrace.server.ingest;

import com.google.protobuf.Timestamp;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import io.millrace.trainer.example.Completion;
import io.millrace.trainer.example.Content;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.PlainText;
import io.millrace.trainer.example.TokenIds;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Reads examples from their wire form, and refuses those that break a limit which {@code example.proto} states. */
final class ExampleReader {
    private static final int MAX_ENCODED_BYTES = 1 << 20;
    private static final int MAX_MESSAGES = 1024;
    private static final int MAX_TAGS = 16;
    private static final int MAX_TAG_CHARACTERS = 64;
    /** The years 1 to 9999, as {@code google.protobuf.Timestamp} has it. */
    private static final long MIN_SECONDS =
            Instant.parse("0001-01-01T00:00:00Z").getEpochSecond();

    private static final long MAX_SECONDS =
            Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

    private ExampleReader() {}

    static RowReading read(io.millrace.v1.Example row) {
        switch (row.getContentCase()) {
            case PREFERENCE_PAIR, FEEDBACK -> {
                String field = row.hasFeedback() ? "content.feedback" : "content.preference_pair";
                return new RowReading.Unimplemented(
                        field, "no training method defines its loss yet; send chat, completion, text or token_ids");
            }
            default -> {
                try {
                    return new RowReading.Read(example(row));
                } catch (InvalidRow invalid) {
                    return new RowReading.Refused(invalid.field, invalid.reason);
                }
            }
        }
    }

    private static Example example(io.millrace.v1.Example row) {
        if (row.getSerializedSize() > MAX_ENCODED_BYTES) {
            throw new InvalidRow(
                    "content",
                    "the example takes %d bytes; at most %d are allowed: split or shorten it"
                            .formatted(row.getSerializedSize(), MAX_ENCODED_BYTES));
        }
        Content content = content(row);
        Optional<Instant> eventTime = row.hasEventTime() ? Optional.of(instant(row.getEventTime())) : Optional.empty();
        List<String> tags = tags(row.getTagsList());
        float weight = row.hasWeight() ? row.getWeight() : 1;
        return valid("weight", () -> new Example(content, weight, eventTime, tags, row.getAlwaysTrain()));
    }

    private static Content content(io.millrace.v1.Example row) {
        return switch (row.getContentCase()) {
            case CHAT -> chat(row.getChat());
            case COMPLETION -> {
                String prompt = Text.checked(
                        "content.completion.prompt", row.getCompletion().getPrompt());
                String completion = Text.checked(
                        "content.completion.completion", row.getCompletion().getCompletion());
                yield valid("content.completion.completion", () -> new Completion(prompt, completion));
            }
            case TEXT -> {
                String text = Text.checked("content.text.text", row.getText().getText());
                yield valid("content.text.text", () -> new PlainText(text));
            }
            case TOKEN_IDS -> tokenIds(row.getTokenIds());
            case PREFERENCE_PAIR, FEEDBACK, CONTENT_NOT_SET ->
                throw new InvalidRow("content", "is missing; set one of chat, completion, text, token_ids");
        };
    }

    private static Chat chat(io.millrace.v1.Chat chat) {
        if (chat.getMessagesCount() > MAX_MESSAGES) {
            throw new InvalidRow(
                    "content.chat.messages",
                    "has %d turns; at most %d are allowed".formatted(chat.getMessagesCount(), MAX_MESSAGES));
        }
        List<ChatMessage> messages = new ArrayList<>();
        for (int i = 0; i < chat.getMessagesCount(); i++) {
            messages.add(message("content.chat.messages[%d]".formatted(i), chat.getMessages(i)));
        }
        List<Map<String, Object>> tools = new ArrayList<>();
        for (int i = 0; i < chat.getToolsJsonCount(); i++) {
            tools.add(Text.jsonObject("content.chat.tools_json[%d]".formatted(i), chat.getToolsJson(i)));
        }
        return valid("content.chat.messages", () -> new Chat(messages, tools));
    }

    private static ChatMessage message(String field, io.millrace.v1.ChatMessage message) {
        String role = Text.checked(field + ".role", message.getRole());
        Optional<String> content = message.hasContent()
                ? Optional.of(Text.checked(field + ".content", message.getContent()))
                : Optional.empty();
        Map<String, Object> fields = message.getFieldsJson().isEmpty()
                ? Map.of()
                : Text.jsonObject(field + ".fields_json", message.getFieldsJson());
        if (content.isEmpty() && fields.isEmpty()) {
            throw new InvalidRow(field + ".content", "is absent; only a turn with fields_json may do without it");
        }
        return valid(field, () -> new ChatMessage(role, content, fields));
    }

    private static TokenIds tokenIds(io.millrace.v1.TokenIds tokenIds) {
        List<Float> weights = tokenIds.getLossWeightsCount() > 0
                ? tokenIds.getLossWeightsList()
                : Collections.nCopies(tokenIds.getIdsCount(), 1f);
        return valid("content.token_ids", () -> new TokenIds(tokenIds.getIdsList(), weights));
    }

    private static Instant instant(Timestamp time) {
        if (time.getSeconds() < MIN_SECONDS
                || time.getSeconds() > MAX_SECONDS
                || time.getNanos() < 0
                || time.getNanos() > 999_999_999) {
            throw new InvalidRow("event_time", "is not a time of the years 1 to 9999; leave it out if it is unknown");
        }
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    }

    private static List<String> tags(List<String> tags) {
        if (tags.size() > MAX_TAGS) {
            throw new InvalidRow("tags", "has %d entries; at most %d are allowed".formatted(tags.size(), MAX_TAGS));
        }
        for (int i = 0; i < tags.size(); i++) {
            String field = "tags[%d]".formatted(i);
            int characters = Text.checked(field, tags.get(i))
                    .codePointCount(0, tags.get(i).length());
            if (characters > MAX_TAG_CHARACTERS) {
                throw new InvalidRow(
                        field, "has %d characters; at most %d are allowed".formatted(characters, MAX_TAG_CHARACTERS));
            }
        }
        return tags;
    }

    /** The trainer's own types say what they refuse; the field says where. */
    private static <T> T valid(String field, Supplier<T> construction) {
        try {
            return construction.get();
        } catch (IllegalArgumentException refused) {
            throw new InvalidRow(field, String.valueOf(refused.getMessage()));
        }
    }
}
