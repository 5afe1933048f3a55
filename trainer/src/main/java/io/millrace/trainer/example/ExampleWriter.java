package io.millrace.trainer.example;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes an example in the canonical form; {@link ExampleReader} reads it. */
final class ExampleWriter {
    private final JsonGenerator json;

    ExampleWriter(JsonGenerator json) {
        this.json = json;
    }

    void write(Example example) throws IOException {
        json.writeStartObject();
        json.writeNumberField("v", ExampleCodec.VERSION);
        content(example.content());
        if (example.weight() != 1) {
            json.writeNumberField("weight", example.weight());
        }
        if (example.eventTime().isPresent()) {
            json.writeStringField("event_time", example.eventTime().get().toString());
        }
        if (!example.tags().isEmpty()) {
            json.writeArrayFieldStart("tags");
            for (String tag : example.tags()) {
                json.writeString(tag);
            }
            json.writeEndArray();
        }
        if (example.alwaysTrain()) {
            json.writeBooleanField("always_train", true);
        }
        json.writeEndObject();
    }

    private void content(Content content) throws IOException {
        if (content instanceof Chat chat) {
            chat(chat);
        } else if (content instanceof Completion completion) {
            json.writeObjectFieldStart("completion");
            json.writeStringField("prompt", completion.prompt());
            json.writeStringField("completion", completion.completion());
            json.writeEndObject();
        } else if (content instanceof PlainText text) {
            json.writeStringField("text", text.text());
        } else if (content instanceof TokenIds tokens) {
            tokens(tokens);
        }
    }

    private void chat(Chat chat) throws IOException {
        json.writeObjectFieldStart("chat");
        json.writeArrayFieldStart("messages");
        for (ChatMessage message : chat.messages()) {
            json.writeStartObject();
            json.writeStringField("role", message.role());
            if (message.content().isPresent()) {
                json.writeStringField("content", message.content().get());
            }
            if (!message.fields().isEmpty()) {
                json.writeFieldName("fields");
                value("fields", message.fields());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        if (!chat.tools().isEmpty()) {
            json.writeFieldName("tools");
            value("tools", chat.tools());
        }
        json.writeEndObject();
    }

    private void tokens(TokenIds tokens) throws IOException {
        json.writeObjectFieldStart("token_ids");
        json.writeArrayFieldStart("ids");
        for (int id : tokens.ids()) {
            json.writeNumber(id);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("loss_weights");
        for (float weight : tokens.lossWeights()) {
            json.writeNumber(weight);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void value(String path, @Nullable Object value) throws IOException {
        if (value == null) {
            json.writeNull();
        } else if (value instanceof String text) {
            json.writeString(text);
        } else if (value instanceof Boolean truth) {
            json.writeBoolean(truth);
        } else if (value instanceof Integer number) {
            json.writeNumber(number);
        } else if (value instanceof Long number) {
            json.writeNumber(number);
        } else if (value instanceof Double number && Double.isFinite(number)) {
            json.writeNumber(number);
        } else if (value instanceof List<?> list) {
            json.writeStartArray();
            for (int i = 0; i < list.size(); i++) {
                value(path + "[" + i + "]", list.get(i));
            }
            json.writeEndArray();
        } else if (value instanceof Map<?, ?> map) {
            json.writeStartObject();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                String name = String.valueOf(entry.getKey());
                json.writeFieldName(name);
                value(path + "." + name, entry.getValue());
            }
            json.writeEndObject();
        } else {
            throw new IllegalArgumentException(
                    "%s is %s (%s); use a String, Integer, Long, finite Double, Boolean, null, List or Map"
                            .formatted(path, value, value.getClass().getSimpleName()));
        }
    }
}
