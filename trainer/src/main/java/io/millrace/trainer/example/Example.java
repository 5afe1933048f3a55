package io.millrace.trainer.example;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One training example, as a client sent it.
 *
 * @param weight factor on its loss; above 0, at most 100; 1 is usual
 * @param eventTime when it happened in the client's world
 * @param tags free labels, for provenance
 * @param alwaysTrain true for a correction that someone expects to be learned: it is never held out
 */
public record Example(
        Content content, float weight, Optional<Instant> eventTime, List<String> tags, boolean alwaysTrain) {
    public Example {
        tags = List.copyOf(tags);
        if (!(weight > 0 && weight <= 100)) {
            throw new IllegalArgumentException("weight is %s; it must be above 0 and at most 100".formatted(weight));
        }
    }

    public static Example of(Content content) {
        return new Example(content, 1, Optional.empty(), List.of(), false);
    }
}
