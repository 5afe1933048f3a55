package io.millrace.trainer.chat;

import java.util.HashMap;
import java.util.Map;

/** Jinja's {@code namespace()}: the one thing that a template may change from within a loop. */
final class Namespace {
    private final Map<String, Object> variables = new HashMap<>();

    Namespace(Map<String, Object> initial) {
        variables.putAll(initial);
    }

    void set(String name, Object value) {
        variables.put(name, value);
    }

    Object get(String name) {
        return variables.getOrDefault(name, new Undefined("'namespace' has no attribute '%s'".formatted(name)));
    }
}
