package io.millrace.trainer.chat;

import java.util.List;

/** The text of a whole conversation and where the loss lies in it, or why that can't be said. */
public sealed interface TrainingText {
    /**
     * @param text the conversation as the chat template writes it
     * @param trained what the model would generate in each assistant turn, its end of turn included; at least one span, none
     *     of them empty, in the order of the text and apart from each other
     */
    record Located(String text, List<Span> trained) implements TrainingText {
        public Located {
            trained = List.copyOf(trained);
            if (trained.isEmpty()) {
                throw new IllegalArgumentException("trained is empty; a text without loss is no training text");
            }
            int previousEnd = 0;
            for (Span span : trained) {
                if (span.start() < previousEnd || span.end() == span.start() || span.end() > text.length()) {
                    throw new IllegalArgumentException(
                            "trained has %s; spans must be in order, not empty and within the text's %d characters"
                                    .formatted(span, text.length()));
                }
                previousEnd = span.end();
            }
        }
    }

    /** @param reason for a person to read: what could not be located, and where */
    record Refused(String reason) implements TrainingText {}
}
