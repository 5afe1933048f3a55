package io.millrace.trainer.batch;

/**
 * One example as the model sees it. The arrays are not copied; nobody writes to them after construction.
 *
 * @param ids token ids, at least two
 * @param lossWeights as many as ids: the weight of predicting {@code ids[i]} from {@code ids[0..i)}; 0 is context;
 *     {@code lossWeights[0]} is always 0
 */
public record Sequence(int[] ids, float[] lossWeights) {
    public Sequence {
        if (ids.length < 2 || ids.length != lossWeights.length || lossWeights[0] != 0) {
            throw new IllegalArgumentException(
                    "a sequence needs at least 2 ids, as many loss weights, and none on the first; got %d ids, %d weights"
                            .formatted(ids.length, lossWeights.length));
        }
    }

    public int length() {
        return ids.length;
    }

    /** Tokens with a loss weight above 0. */
    public int trainedTokens() {
        int count = 0;
        for (float weight : lossWeights) {
            if (weight > 0) {
                count++;
            }
        }
        return count;
    }

    /** Loss weights in all. */
    public double totalWeight() {
        double total = 0;
        for (float weight : lossWeights) {
            total += weight;
        }
        return total;
    }
}
