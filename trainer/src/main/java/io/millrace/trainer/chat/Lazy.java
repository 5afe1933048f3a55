package io.millrace.trainer.chat;

import java.util.List;

/**
 * What Python gives for {@code dict.items()} or the {@code map} filter: it can be looped over but is no list.
 *
 * @param sized whether its length may be asked for, as that of a dict's views
 */
record Lazy(String type, List<Object> items, boolean sized) {
    static Lazy generator(List<Object> items) {
        return new Lazy("generator", items, false);
    }

    static Lazy view(String type, List<Object> items) {
        return new Lazy(type, items, true);
    }
}
