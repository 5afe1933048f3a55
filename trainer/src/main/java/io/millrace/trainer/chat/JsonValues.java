package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the JSON values of a conversation into those that a template works with. */
final class JsonValues {
    private static final int DEPTH = 100;

    private JsonValues() {}

    /** A value that belongs to no message, such as a tool definition or a variable. */
    static Object of(@Nullable Object json) {
        return of(json, Text.TEMPLATE, 0);
    }

    /** @param number of the message, from 1: the origin of all strings in it but its role */
    static Dict message(Map<String, Object> message, int number) {
        Map<Object, Object> entries = new LinkedHashMap<>();
        message.forEach((name, value) ->
                entries.put(Text.of(name), of(value, name.equals("role") ? Text.TEMPLATE : (char) number, 0)));
        return new Dict(entries, (char) number);
    }

    private static Object of(@Nullable Object json, char origin, int depth) {
        if (depth > DEPTH) {
            throw new ChatTemplateException(
                    "a message, tool or variable is nested more than %d levels deep".formatted(DEPTH));
        }
        if (json == null) {
            return None.NONE;
        } else if (json instanceof String string) {
            return Text.of(string, origin);
        } else if (json instanceof Integer || json instanceof Long) {
            return ((Number) json).longValue();
        } else if (json instanceof Float || json instanceof Double) {
            return ((Number) json).doubleValue();
        } else if (json instanceof Boolean) {
            return json;
        } else if (json instanceof Map<?, ?> map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            map.forEach(
                    (key, value) -> entries.put(Text.of(String.valueOf(key), origin), of(value, origin, depth + 1)));
            return new Dict(entries, origin);
        } else if (json instanceof Collection<?> collection) {
            List<Object> items = new ArrayList<>(collection.size());
            collection.forEach(item -> items.add(of(item, origin, depth + 1)));
            return items;
        }
        throw new ChatTemplateException("a message, tool or variable holds a %s; it must be a JSON value"
                .formatted(json.getClass().getName()));
    }
}
