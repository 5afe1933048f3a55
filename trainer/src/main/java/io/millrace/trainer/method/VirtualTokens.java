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
    public int[] before(int[] ids) {
        return IntStream.concat(IntStream.range(vocabulary, vocabulary + count), IntStream.of(ids))
                .toArray();
    }

    public List<Sequence> before(List<Sequence> sequences) {
        return count == 0 ? sequences : sequences.stream().map(this::before).toList();
    }

    private Sequence before(Sequence sequence) {
        float[] weights = new float[count + sequence.length()];
        System.arraycopy(sequence.lossWeights(), 0, weights, count, sequence.length());
        return new Sequence(before(sequence.ids()), weights);
    }
}
