package io.millrace.trainer.example;

/** Running text; the loss is on every token but the first. */
public record PlainText(String text) implements Content {
    public PlainText {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("text is empty; there is nothing to train on");
        }
    }
}
