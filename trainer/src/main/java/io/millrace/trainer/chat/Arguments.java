package io.millrace.trainer.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a function, method, filter or test is called with.
 *
 * @param callee its name, for errors
 * @param budget to charge with work whose amount depends on the values
 */
record Arguments(String callee, List<Object> positional, Map<String, Object> named, Budget budget) {
    /** The same arguments by the names of the callee's parameters, or Python's error where they don't fit. */
    Arguments bind(String... parameters) {
        if (positional.size() > parameters.length) {
            throw new ChatTemplateException("%s takes at most %d arguments; %d are given"
                    .formatted(callee, parameters.length, positional.size()));
        }
        Map<String, Object> bound = new LinkedHashMap<>();
        for (int i = 0; i < positional.size(); i++) {
            bound.put(parameters[i], positional.get(i));
        }
        named.forEach((name, value) -> {
            if (!List.of(parameters).contains(name)) {
                throw new ChatTemplateException("%s has no parameter '%s'".formatted(callee, name));
            }
            if (bound.put(name, value) != null) {
                throw new ChatTemplateException("%s is given '%s' twice".formatted(callee, name));
            }
        });
        return new Arguments(callee, List.of(), bound, budget);
    }

    boolean has(String parameter) {
        return named.containsKey(parameter);
    }

    Object get(String parameter) {
        Object value = named.get(parameter);
        if (value == null) {
            throw new ChatTemplateException("%s needs its argument '%s'".formatted(callee, parameter));
        }
        return value;
    }

    Object get(String parameter, Object fallback) {
        return named.getOrDefault(parameter, fallback);
    }

    /** An argument that must be a string, as Python's own methods demand. */
    Text text(String parameter) {
        return Values.asText(get(parameter));
    }

    Text text(String parameter, String fallback) {
        return Values.asText(get(parameter, Text.of(fallback)));
    }

    long integer(String parameter, long fallback) {
        return Values.asInteger(get(parameter, fallback));
    }

    boolean flag(String parameter) {
        return Values.isTrue(get(parameter, false));
    }

    Dict namedAsDict() {
        Map<Object, Object> entries = new LinkedHashMap<>();
        named.forEach((name, value) -> entries.put(Text.of(name), value));
        return Dict.of(entries);
    }

    /** These arguments without the first positional ones. */
    Arguments after(int count) {
        return new Arguments(callee, positional.subList(count, positional.size()), named, budget);
    }
}
