package io.millrace.trainer.example;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what {@link ExampleWriter} wrote; anything else is an error that names the field. */
final class ExampleReader {
    private final JsonParser json;

    ExampleReader(JsonParser json) {
        this.json = json;
    }

    Example read() throws IOException {
        expect(json.nextToken(), JsonToken.START_OBJECT);
        version();
        Content content = content();
        float weight = 1;
        Optional<Instant> eventTime = Optional.empty();
        List<String> tags = List.of();
        boolean alwaysTrain = false;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "weight" -> weight = json.getFloatValue();
                case "event_time" -> eventTime = Optional.of(instant());
                case "tags" -> tags = strings();
                case "always_train" -> alwaysTrain = json.getBooleanValue();
                default -> throw unknown(field);
            }
        }
        expect(json.currentToken(), JsonToken.END_OBJECT);
        if (json.nextToken() != null) {
            throw new JsonParseException(json, "there is more after the example");
        }
        return new Example(content, weight, eventTime, tags, alwaysTrain);
    }

    private void version() throws IOException {
        if (!"v".equals(json.nextFieldName())) {
            throw new JsonParseException(json, "it doesn't start with its version");
        }
        json.nextToken();
        int version = json.getIntValue();
        if (version != ExampleCodec.VERSION) {
            throw new IllegalArgumentException(
                    "the example is stored in version %d of its encoding; this build reads version %d: use a newer one"
                            .formatted(version, ExampleCodec.VERSION));
        }
    }

    private Content content() throws IOException {
        expect(json.nextToken(), JsonToken.FIELD_NAME);
        String kind = json.currentName();
        json.nextToken();
        return switch (kind) {
            case "chat" -> chat();
            case "completion" -> {
                Map<String, String> fields = stringFields();
                yield new Completion(required(fields, "prompt"), required(fields, "completion"));
            }
            case "text" -> new PlainText(json.getText());
            case "token_ids" -> tokens();
            default -> throw unknown(kind);
        };
    }

    private Chat chat() throws IOException {
        List<ChatMessage> messages = List.of();
        List<Map<String, Object>> tools = List.of();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "messages" -> messages = list(this::message);
                case "tools" -> tools = list(this::object);
                default -> throw unknown(field);
            }
        }
        return new Chat(messages, tools);
    }

    private ChatMessage message() throws IOException {
        String role = "";
        Optional<String> content = Optional.empty();
        Map<String, Object> fields = Map.of();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "role" -> role = json.getText();
                case "content" -> content = Optional.of(json.getText());
                case "fields" -> fields = object();
                default -> throw unknown(field);
            }
        }
        return new ChatMessage(role, content, fields);
    }

    private TokenIds tokens() throws IOException {
        List<Integer> ids = List.of();
        List<Float> weights = List.of();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "ids" -> ids = list(json::getIntValue);
                case "loss_weights" -> weights = list(json::getFloatValue);
                default -> throw unknown(field);
            }
        }
        return new TokenIds(ids, weights);
    }

    private Instant instant() throws IOException {
        try {
            return Instant.parse(json.getText());
        } catch (DateTimeException e) {
            throw new JsonParseException(json, "event_time is \"%s\", no instant".formatted(json.getText()), e);
        }
    }

    private List<String> strings() throws IOException {
        return list(json::getText);
    }

    private Map<String, String> stringFields() throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            expect(json.nextToken(), JsonToken.VALUE_STRING);
            fields.put(field, json.getText());
        }
        return fields;
    }

    private String required(Map<String, String> fields, String name) throws IOException {
        String value = fields.get(name);
        if (value == null) {
            throw new JsonParseException(json, name + " is missing");
        }
        return value;
    }

    /** A JSON object's values; a null among them is kept. */
    private Map<String, Object> object() throws IOException {
        expect(json.currentToken(), JsonToken.START_OBJECT);
        Map<String, Object> map = new LinkedHashMap<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            putNullable(map, name, value());
        }
        return map;
    }

    @SuppressWarnings("NullAway") // the declared element type doesn't speak of JSON's null, which these maps may hold
    private static void putNullable(Map<String, Object> map, String name, @Nullable Object value) {
        map.put(name, value);
    }

    private @Nullable Object value() throws IOException {
        return switch (json.currentToken()) {
            case START_OBJECT -> object();
            case START_ARRAY -> {
                List<@Nullable Object> values = new ArrayList<>();
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    values.add(value());
                }
                yield values;
            }
            case VALUE_STRING -> json.getText();
            case VALUE_NUMBER_INT -> integer();
            case VALUE_NUMBER_FLOAT -> json.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw new JsonParseException(json, "a value is missing");
        };
    }

    private Object integer() throws IOException {
        if (json.getNumberType() == JsonParser.NumberType.INT) {
            return json.getIntValue();
        }
        return json.getLongValue();
    }

    private interface Element<T> {
        T read() throws IOException;
    }

    private <T> List<T> list(Element<T> element) throws IOException {
        expect(json.currentToken(), JsonToken.START_ARRAY);
        List<T> elements = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            elements.add(element.read());
        }
        return elements;
    }

    private void expect(@Nullable JsonToken token, JsonToken expected) throws IOException {
        if (token != expected) {
            throw new JsonParseException(json, "%s where %s is due".formatted(token, expected));
        }
    }

    private JsonParseException unknown(String field) {
        return new JsonParseException(json, "%s is no field of an example".formatted(field));
    }
}
