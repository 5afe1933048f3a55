package io.millrace.trainer.example;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One turn of a chat.
 *
 * @param role such as {@code system}, {@code user}, {@code assistant}, {@code tool}
 * @param content the text; absent where a turn consists of tool calls alone
 * @param fields what else the chat template may read ({@code tool_calls}, {@code name}, {@code reasoning_content}), as JSON
 *     values (String, Integer, Long, Double, Boolean, null, List, Map); order is kept
 */
public record ChatMessage(String role, Optional<String> content, Map<String, Object> fields) {
    public ChatMessage {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        if (role.isEmpty()) {
            throw new IllegalArgumentException("role is empty; use system, user, assistant or tool");
        }
        if (fields.containsKey("role") || fields.containsKey("content")) {
            throw new IllegalArgumentException("fields holds role or content, which have fields of their own");
        }
    }

    public static ChatMessage of(String role, String content) {
        return new ChatMessage(role, Optional.of(content), Map.of());
    }
}
