package io.millrace.client;

import org.reactivestreams.Publisher;

/**
 * Examples and the offset of the first of them. An offset below the stream's next one offers stored examples again: those
 * that are the same are acknowledged and not stored twice; another example at a stored offset ends the stream with
 * ALREADY_EXISTS.
 */
public record NumberedExamples(long firstOffset, Publisher<Example> examples) {
    public NumberedExamples {
        if (firstOffset < 0) {
            throw new IllegalArgumentException("firstOffset is %d; it must not be negative".formatted(firstOffset));
        }
    }
}
