package io.millrace.trainer.chat;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The variables that a part of a template sees, and where it writes to. A loop's body and a macro have frames of their own. */
final class Frame {
    private final @Nullable Frame outer;
    private final Map<String, Object> variables;
    private final Output output;
    private final Budget budget;

    private Frame(@Nullable Frame outer, Map<String, Object> variables, Output output, Budget budget) {
        this.outer = outer;
        this.variables = variables;
        this.output = output;
        this.budget = budget;
    }

    static Frame of(Map<String, Object> variables) {
        return new Frame(null, new HashMap<>(variables), new Output(), new Budget());
    }

    Frame inner() {
        return new Frame(this, new HashMap<>(), output, budget);
    }

    /** An inner frame whose output goes into a text of its own. */
    Frame capturing() {
        return new Frame(this, new HashMap<>(), new Output(), budget);
    }

    Object get(String name) {
        for (Frame frame = this; frame != null; frame = frame.outer) {
            Object value = frame.variables.get(name);
            if (value != null) {
                return value;
            }
        }
        return new Undefined("'%s' is undefined".formatted(name));
    }

    void set(String name, Object value) {
        variables.put(name, value);
    }

    Output output() {
        return output;
    }

    Budget budget() {
        return budget;
    }
}
