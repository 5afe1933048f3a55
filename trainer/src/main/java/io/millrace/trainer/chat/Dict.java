package io.millrace.trainer.chat;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Python dict.
 *
 * @param origin the number of the message (from 1) that it is or belongs to, or {@link Text#TEMPLATE}
 */
record Dict(Map<Object, Object> entries, char origin) {
    /** A dict that a template makes; it belongs to a message where one of its values does. */
    static Dict of(Map<Object, Object> entries) {
        return new Dict(entries, (char) entries.values().stream()
                .mapToInt(Dict::originOf)
                .filter(origin -> origin != Text.TEMPLATE)
                .findFirst()
                .orElse(Text.TEMPLATE));
    }

    private static char originOf(Object value) {
        if (value instanceof Text text) {
            return text.origin();
        }
        return value instanceof Dict dict ? dict.origin : Text.TEMPLATE;
    }

    @Nullable
    Object get(Object key) {
        return entries.get(key);
    }

    boolean has(Object key) {
        return entries.containsKey(key);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Dict dict && entries.equals(dict.entries);
    }

    @Override
    public int hashCode() {
        return entries.hashCode();
    }
}
