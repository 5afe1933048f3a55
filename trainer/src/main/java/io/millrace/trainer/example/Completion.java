package io.millrace.trainer.example;

/** A prompt and what should follow it; the loss is on the completion and its end of text. */
public record Completion(String prompt, String completion) implements Content {
    public Completion {
        if (completion.isEmpty()) {
            throw new IllegalArgumentException("completion is empty; there is nothing to train on");
        }
    }
}
