package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** A method with its settings. Equal if it is the same with the same settings. */
public interface MethodConfig {
    /** Name of the method. */
    String method();

    /** All settings as an adapter's config has them, the method's name included and every default spelled out. */
    ObjectNode json();

    /** Whether an adapter can start from one of that config: their weights are laid out alike. */
    default boolean startsFrom(MethodConfig other) {
        return equals(other);
    }

    /** Whether an adapter that trains with the other config may go on with this one. */
    default boolean continues(MethodConfig before) {
        return equals(before);
    }

    /**
     * Applies the method to a model.
     *
     * @throws IllegalArgumentException naming the field and the reason, if it doesn't apply to this one
     */
    Adaptation on(Host host);
}
