package io.millrace.client.jsonl;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.client.Content;
import io.millrace.client.Example;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads one example from JSON, in the shapes that people have: {@code messages} (and {@code tools}) as OpenAI's fine-tuning
 * files hold them, {@code prompt} and {@code completion}, or {@code text}; beside it, optionally, {@code weight},
 * {@code tags}, {@code always_train} and {@code event_time}. Other fields of the object are left alone.
 */
final class ExampleJson {
    private static final ObjectReader READER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .readerFor(JsonNode.class);
    private static final String SHAPES = "expected one of messages, prompt with completion, or text";

    private ExampleJson() {}

    static Example parse(byte[] json) throws BadExampleException {
        if (!(read(json) instanceof ObjectNode line)) {
            throw new BadExampleException("is not a JSON object; " + SHAPES);
        }
        try {
            Example example = Example.of(content(line));
            return new Example(
                    example.content(), weight(line), eventTime(line), tags(line), alwaysTrain(line), example.origin());
        } catch (IllegalArgumentException e) {
            throw new BadExampleException(String.valueOf(e.getMessage()));
        }
    }

    private static JsonNode read(byte[] json) throws BadExampleException {
        try {
            return READER.readValue(json);
        } catch (JsonProcessingException e) {
            throw new BadExampleException("is not valid JSON: %s (column %d)"
                    .formatted(e.getOriginalMessage(), e.getLocation().getColumnNr()));
        } catch (IOException e) {
            throw new BadExampleException("is not valid JSON: " + e.getMessage());
        }
    }

    private static Content content(ObjectNode line) throws BadExampleException {
        List<String> fields = new ArrayList<>();
        line.fieldNames().forEachRemaining(fields::add);
        List<String> shapes =
                Stream.of("messages", "prompt", "text").filter(fields::contains).toList();
        if (shapes.size() != 1) {
            throw new BadExampleException("%s; found %s".formatted(SHAPES, fields));
        }
        return switch (shapes.get(0)) {
            case "messages" -> ChatJson.parse(line);
            case "prompt" -> new Content.Completion(text(line, "prompt"), text(line, "completion"));
            default -> new Content.PlainText(text(line, "text"));
        };
    }

    static String text(JsonNode object, String field) throws BadExampleException {
        JsonNode value = object.path(field);
        if (!value.isTextual()) {
            throw new BadExampleException("%s is %s; it must be a string".formatted(field, kind(value)));
        }
        return value.textValue();
    }

    private static float weight(ObjectNode line) throws BadExampleException {
        JsonNode weight = line.path("weight");
        if (weight.isMissingNode() || weight.isNull()) {
            return 1;
        }
        if (!weight.isNumber()) {
            throw new BadExampleException("weight is %s; it must be a number".formatted(kind(weight)));
        }
        return weight.floatValue();
    }

    private static List<String> tags(ObjectNode line) throws BadExampleException {
        JsonNode tags = line.path("tags");
        List<String> read = new ArrayList<>();
        if (tags.isMissingNode() || tags.isNull()) {
            return read;
        }
        for (JsonNode tag : tags) {
            if (tag.isTextual()) {
                read.add(tag.textValue());
            }
        }
        if (!tags.isArray() || read.size() != tags.size()) {
            throw new BadExampleException("tags is %s; it must be a list of strings".formatted(kind(tags)));
        }
        return read;
    }

    private static boolean alwaysTrain(ObjectNode line) throws BadExampleException {
        JsonNode always = line.path("always_train");
        if (always.isMissingNode() || always.isNull()) {
            return false;
        }
        if (!always.isBoolean()) {
            throw new BadExampleException("always_train is %s; it must be true or false".formatted(kind(always)));
        }
        return always.booleanValue();
    }

    private static Optional<Instant> eventTime(ObjectNode line) throws BadExampleException {
        JsonNode time = line.path("event_time");
        if (time.isMissingNode() || time.isNull()) {
            return Optional.empty();
        }
        try {
            return Optional.of(OffsetDateTime.parse(text(line, "event_time")).toInstant());
        } catch (DateTimeException e) {
            throw new BadExampleException(
                    "event_time is %s; it must be a time such as 2026-01-31T12:00:00Z".formatted(time));
        }
    }

    /** How to name a value that is of the wrong kind. */
    static String kind(JsonNode value) {
        return switch (value.getNodeType()) {
            case MISSING -> "missing";
            case NULL -> "null";
            case ARRAY -> "a list";
            case OBJECT -> "an object";
            case STRING -> "a string";
            case BOOLEAN, NUMBER -> value.toString();
            case BINARY, POJO -> "something else";
        };
    }
}
