package io.millrace.trainer.batch;

import java.util.ArrayList;
import java.util.List;

/** Adds up the losses of tokens to losses of the sequences that were packed. */
public final class LossTally {
    private final List<Sequence> sequences;
    private final double[] sums;

    public LossTally(List<Sequence> sequences) {
        this.sequences = sequences;
        this.sums = new double[sequences.size()];
    }

    /**
     * @param pack some of the sequences
     * @param losses negative log likelihood of each of its labels, nats
     */
    public void add(PackedBatch pack, float[] losses) {
        for (int row = 0; row < losses.length && pack.weights()[row] > 0; row++) {
            sums[pack.owners()[row]] += (double) pack.weights()[row] * losses[row];
        }
    }

    /** Of each sequence, in their order. */
    public List<ExampleLoss> losses() {
        List<ExampleLoss> losses = new ArrayList<>();
        for (int i = 0; i < sums.length; i++) {
            Sequence sequence = sequences.get(i);
            losses.add(new ExampleLoss(sums[i], sequence.totalWeight(), sequence.trainedTokens()));
        }
        return losses;
    }
}
