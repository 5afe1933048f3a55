package io.millrace.client.jsonl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.client.Content;
import io.millrace.client.Content.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads a conversation in OpenAI's shape; what a message has besides role and content is kept for the chat template. */
final class ChatJson {
    private ChatJson() {}

    static Content.Chat parse(ObjectNode line) throws BadExampleException {
        JsonNode messages = line.path("messages");
        if (!messages.isArray()) {
            throw new BadExampleException(
                    "messages is %s; it must be a list of messages".formatted(ExampleJson.kind(messages)));
        }
        List<Message> turns = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            String place = "messages[%d]".formatted(i);
            if (!(messages.get(i) instanceof ObjectNode message)) {
                throw new BadExampleException(
                        "%s is %s; it must be an object".formatted(place, ExampleJson.kind(messages.get(i))));
            }
            try {
                turns.add(message(message));
            } catch (BadExampleException e) {
                throw new BadExampleException(place + "." + e.reason());
            }
        }
        return new Content.Chat(turns, tools(line.path("tools")));
    }

    private static Message message(ObjectNode message) throws BadExampleException {
        String role = ExampleJson.text(message, "role");
        Optional<String> content = content(message.path("content"));
        requireFullWeight(message.path("weight"));
        ObjectNode fields = message.deepCopy().without(List.of("role", "content", "weight"));
        return new Message(role, content, fields.isEmpty() ? "" : fields.toString());
    }

    private static Optional<String> content(JsonNode content) throws BadExampleException {
        return switch (content.getNodeType()) {
            case STRING -> Optional.of(content.textValue());
            case NULL, MISSING -> Optional.empty();
            case ARRAY -> Optional.of(joinParts(content));
            default ->
                throw new BadExampleException("content is %s; it must be a string, null or a list of text parts"
                        .formatted(ExampleJson.kind(content)));
        };
    }

    private static String joinParts(JsonNode parts) throws BadExampleException {
        StringBuilder joined = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            JsonNode part = parts.get(i);
            if (!part.path("type").asText("").equals("text")
                    || !part.path("text").isTextual()) {
                throw new BadExampleException(
                        "content[%d] is of type %s; only parts {\"type\": \"text\", \"text\": …} are supported"
                                .formatted(i, part.path("type")));
            }
            joined.append(part.path("text").textValue());
        }
        return joined.toString();
    }

    /** OpenAI's files may leave a turn out of the loss; here the loss is on every assistant turn. */
    private static void requireFullWeight(JsonNode weight) throws BadExampleException {
        if (!weight.isMissingNode() && !weight.isNull() && !(weight.isNumber() && weight.doubleValue() == 1)) {
            throw new BadExampleException(
                    "weight is %s; every assistant turn is trained on alike: to leave one out, put the turns up to the"
                                    .formatted(weight)
                            + " last one into prompt and use completion, or drop the example");
        }
    }

    private static List<String> tools(JsonNode tools) throws BadExampleException {
        List<String> read = new ArrayList<>();
        if (tools.isMissingNode() || tools.isNull()) {
            return read;
        }
        if (!tools.isArray()) {
            throw new BadExampleException("tools is %s; it must be a list".formatted(ExampleJson.kind(tools)));
        }
        for (JsonNode tool : tools) {
            if (!tool.isObject()) {
                throw new BadExampleException("tools has %s; each must be an object".formatted(ExampleJson.kind(tool)));
            }
            read.add(tool.toString());
        }
        return read;
    }
}
