package io.millrace.trainer.method;

import io.millrace.trainer.batch.Sequence;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Tokens that stand in front of every sequence, with ids behind those of the vocabulary. Nothing is trained to predict them.
 *
 * @param count 0: none
 * @param vocabulary size of the model's
 */
public record VirtualTokens(int count, int vocabulary) {
    /** @throws IllegalArgumentException as {@link #before(List)} */
    public int[] before(int[] ids) {
        check(ids);
        return IntStream.concat(IntStream.range(vocabulary, vocabulary + count), IntStream.of(ids))
                .toArray();
    }

    /**
     * The sequences with these tokens in front.
     *
     * @throws IllegalArgumentException if an id isn't in the vocabulary: a GPU that looks it up fails for good, and all that the
     *     process computes there with it
     */
    public List<Sequence> before(List<Sequence> sequences) {
        sequences.forEach(sequence -> check(sequence.ids()));
        return count == 0 ? sequences : sequences.stream().map(this::before).toList();
    }

    private void check(int[] ids) {
        for (int id : ids) {
            if (id < 0 || id >= vocabulary) {
                throw new IllegalArgumentException(
                        "token id %d; the vocabulary has 0 to %d".formatted(id, vocabulary - 1));
            }
        }
    }

    private Sequence before(Sequence sequence) {
        float[] weights = new float[count + sequence.length()];
        System.arraycopy(sequence.lossWeights(), 0, weights, count, sequence.length());
        return new Sequence(before(sequence.ids()), weights);
    }
}
