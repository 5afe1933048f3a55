package io.millrace.trainer.chat;

/** A chat template that this renderer doesn't understand, or one that fails at or refuses a conversation. */
public final class ChatTemplateException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean located;

    ChatTemplateException(String message) {
        super(message);
        this.located = false;
    }

    ChatTemplateException(String message, Throwable cause) {
        super(message, cause);
        this.located = false;
    }

    private ChatTemplateException(int line, ChatTemplateException error) {
        super("line %d: %s".formatted(line, error.getMessage()), error);
        this.located = true;
    }

    /** The same error with the template's line in front, unless it has one already. */
    ChatTemplateException atLine(int line) {
        return located ? this : new ChatTemplateException(line, this);
    }
}
