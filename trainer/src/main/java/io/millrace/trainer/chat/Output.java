package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.List;

/** Collects what a template writes, and on whose account. */
final class Output {
    private final TextBuilder text = new TextBuilder();
    private final List<Rendered.Piece> pieces = new ArrayList<>();
    private final List<Span> generated = new ArrayList<>();
    private char message = Text.TEMPLATE;

    void write(Text written) {
        int start = text.length();
        text.append(written);
        if (!written.isEmpty()) {
            pieces.add(new Rendered.Piece(start, text.length(), message));
        }
    }

    int length() {
        return text.length();
    }

    /** The message (from 1) that a loop stands at, or {@link Text#TEMPLATE}. */
    char message() {
        return message;
    }

    void setMessage(char message) {
        this.message = message;
    }

    /** Marks what has been written since {@code start} as the model's. */
    void markGenerated(int start) {
        if (text.length() > start) {
            generated.add(new Span(start, text.length()));
        }
    }

    Text text() {
        return text.build();
    }

    Rendered rendered() {
        return new Rendered(text.build(), pieces, generated);
    }
}
