package io.millrace.trainer.example;

import java.util.List;
import java.util.Map;

/**
 * A conversation; the loss is on the assistant's turns, their end of turn included.
 *
 * @param messages at least one turn
 * @param tools tool definitions as JSON values, passed to the chat template; often empty
 */
public record Chat(List<ChatMessage> messages, List<Map<String, Object>> tools) implements Content {
    public Chat {
        messages = List.copyOf(messages);
        tools = List.copyOf(tools);
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("messages is empty; a chat needs at least one message");
        }
    }

    public static Chat of(ChatMessage... messages) {
        return new Chat(List.of(messages), List.of());
    }
}
