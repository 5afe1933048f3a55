package io.millrace.server.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import io.millrace.trainer.example.Completion;
import io.millrace.trainer.example.Content;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.PlainText;
import io.millrace.trainer.example.TokenIds;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** A client's example as the trainer's, without the way over the wire. */
final class ExampleConversion {
    private static final JsonMapper JSON = new JsonMapper();
    private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

    private ExampleConversion() {}

    static Example convert(io.millrace.client.Example example) {
        return new Example(
                content(example.content()),
                example.weight(),
                example.eventTime(),
                example.tags(),
                example.alwaysTrain());
    }

    private static Content content(io.millrace.client.Content content) {
        if (content instanceof io.millrace.client.Content.Chat chat) {
            return new Chat(
                    chat.messages().stream().map(ExampleConversion::message).toList(),
                    chat.toolsJson().stream().map(ExampleConversion::object).toList());
        } else if (content instanceof io.millrace.client.Content.Completion completion) {
            return new Completion(completion.prompt(), completion.completion());
        } else if (content instanceof io.millrace.client.Content.PlainText text) {
            return new PlainText(text.text());
        }
        io.millrace.client.Content.TokenIds tokens = (io.millrace.client.Content.TokenIds) content;
        List<Float> weights = tokens.lossWeights().isEmpty()
                ? Collections.nCopies(tokens.ids().size(), 1f)
                : tokens.lossWeights();
        return new TokenIds(tokens.ids(), weights);
    }

    private static ChatMessage message(io.millrace.client.Content.Message message) {
        Map<String, Object> fields = message.fieldsJson().isEmpty() ? Map.of() : object(message.fieldsJson());
        return new ChatMessage(message.role(), message.content(), fields);
    }

    private static Map<String, Object> object(String json) {
        try {
            return JSON.readValue(json, OBJECT);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not a JSON object: " + json, e);
        }
    }
}
