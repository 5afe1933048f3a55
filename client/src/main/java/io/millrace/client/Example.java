package io.millrace.client;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One training example.
 *
 * @param weight factor on its loss; above 0, at most 100; 1 is usual
 * @param eventTime when it happened in the client's world; provenance only
 * @param tags free labels, provenance only; at most 16 of at most 64 characters
 * @param alwaysTrain true for a correction that someone expects to be learned: it is never held out
 * @param origin where it came from, such as {@code line 12}: for messages about it, never sent; may be empty
 */
public record Example(
        Content content,
        float weight,
        Optional<Instant> eventTime,
        List<String> tags,
        boolean alwaysTrain,
        String origin) {
    public Example {
        tags = List.copyOf(tags);
        if (!(weight > 0 && weight <= 100)) {
            throw new IllegalArgumentException("weight is %s; it must be above 0 and at most 100".formatted(weight));
        }
        if (tags.size() > 16) {
            throw new IllegalArgumentException("tags has %d entries; at most 16 are allowed".formatted(tags.size()));
        }
        for (String tag : tags) {
            if (tag.length() > 64) {
                throw new IllegalArgumentException(
                        "tags has an entry of %d characters; at most 64 are allowed".formatted(tag.length()));
            }
        }
    }

    public static Example of(Content content) {
        return new Example(content, 1, Optional.empty(), List.of(), false, "");
    }

    /** A conversation; the loss is on the assistant's turns. */
    public static Example chat(Content.Message... messages) {
        return of(new Content.Chat(List.of(messages), List.of()));
    }

    /** A prompt and what should follow it; the loss is on the completion. */
    public static Example completion(String prompt, String completion) {
        return of(new Content.Completion(prompt, completion));
    }

    /** Running text; the loss is on every token but the first. */
    public static Example text(String text) {
        return of(new Content.PlainText(text));
    }

    /** Token ids of the base model's vocabulary; the loss is on every one but the first. */
    public static Example tokenIds(List<Integer> ids) {
        return of(new Content.TokenIds(ids, List.of()));
    }

    public Example withWeight(float newWeight) {
        return new Example(content, newWeight, eventTime, tags, alwaysTrain, origin);
    }

    public Example withEventTime(Instant time) {
        return new Example(content, weight, Optional.of(time), tags, alwaysTrain, origin);
    }

    public Example withTags(String... newTags) {
        return new Example(content, weight, eventTime, List.of(newTags), alwaysTrain, origin);
    }

    /** Never held out. */
    public Example withAlwaysTrain() {
        return new Example(content, weight, eventTime, tags, true, origin);
    }

    public Example withOrigin(String newOrigin) {
        return new Example(content, weight, eventTime, tags, alwaysTrain, newOrigin);
    }
}
