package io.millrace.trainer.tokenizer;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * A text as tokens. Tokens that share a character (bytes of one emoji) have the same span. The arrays are not copied;
 * nobody writes to them after construction.
 *
 * @param ids token ids, in order
 * @param starts per token, where its characters start in the text, in UTF-16 units
 * @param ends per token, where they end, exclusive
 */
public record Encoding(int[] ids, int[] starts, int[] ends) {
    public Encoding {
        if (ids.length != starts.length || ids.length != ends.length) {
            throw new IllegalArgumentException("%d ids, %d starts, %d ends; they must be as many"
                    .formatted(ids.length, starts.length, ends.length));
        }
    }

    public int length() {
        return ids.length;
    }

    /** The same tokens in a text that has so many more characters in front. */
    Encoding movedBy(int characters) {
        return new Encoding(
                ids,
                Arrays.stream(starts).map(start -> start + characters).toArray(),
                Arrays.stream(ends).map(end -> end + characters).toArray());
    }

    static Encoding concatenation(List<Encoding> parts) {
        return new Encoding(
                joined(parts, Encoding::ids), joined(parts, Encoding::starts), joined(parts, Encoding::ends));
    }

    private static int[] joined(List<Encoding> parts, Function<Encoding, int[]> array) {
        return parts.stream().map(array).flatMapToInt(Arrays::stream).toArray();
    }
}
