package io.millrace.trainer.chat;

/**
 * What a name or attribute that doesn't exist evaluates to: empty when printed, tested or looped over, an error otherwise.
 *
 * @param reason such as {@code 'x' is undefined}
 */
record Undefined(String reason) {
    ChatTemplateException error() {
        return new ChatTemplateException(reason);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Undefined;
    }

    @Override
    public int hashCode() {
        return 0;
    }
}
