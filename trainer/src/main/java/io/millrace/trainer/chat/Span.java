package io.millrace.trainer.chat;

/** A stretch of a text, in UTF-16 units, its end exclusive. */
public record Span(int start, int end) {
    public Span {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException(
                    "span is [%d, %d); its start must be at least 0 and its end at least its start"
                            .formatted(start, end));
        }
    }
}
