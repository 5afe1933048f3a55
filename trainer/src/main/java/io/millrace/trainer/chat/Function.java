package io.millrace.trainer.chat;

/**
 * Something that a template can call.
 *
 * @param description what Python prints for it
 */
record Function(String description, Body body) {
    @FunctionalInterface
    interface Body {
        Object call(Arguments arguments);
    }
}
