package io.millrace.trainer.tokenizer;

import java.util.Arrays;

/** Tokens on the way to become {@link Tokenized.Tokens}; as many weights as ids. */
record WeightedTokens(int[] ids, float[] weights) {
    static final WeightedTokens NONE = new WeightedTokens(new int[0], new float[0]);

    static WeightedTokens of(int[] ids, float weight) {
        float[] weights = new float[ids.length];
        Arrays.fill(weights, weight);
        return new WeightedTokens(ids, weights);
    }

    WeightedTokens plus(WeightedTokens next) {
        int[] bothIds = Arrays.copyOf(ids, ids.length + next.ids.length);
        System.arraycopy(next.ids, 0, bothIds, ids.length, next.ids.length);
        float[] bothWeights = Arrays.copyOf(weights, bothIds.length);
        System.arraycopy(next.weights, 0, bothWeights, ids.length, next.ids.length);
        return new WeightedTokens(bothIds, bothWeights);
    }

    int length() {
        return ids.length;
    }

    /** The same without loss on the first token, which nothing predicts, and without what follows the last trained token. */
    WeightedTokens trimmed() {
        float[] predicted = weights.clone();
        if (predicted.length > 0) {
            predicted[0] = 0;
        }
        int end = predicted.length;
        while (end > 0 && predicted[end - 1] == 0) {
            end--;
        }
        return new WeightedTokens(Arrays.copyOf(ids, end), Arrays.copyOf(predicted, end));
    }

    /**
     * The most useful {@code max} of these tokens, which are trimmed and more than that. Of what comes before the last
     * trained stretch the beginning goes first; if that stretch is too long with one token of context, its end goes too.
     * A stretch that lost its beginning is context from then on.
     *
     * @param kept tokens at the front that stay in any case: 1 for bos, else 0
     */
    WeightedTokens cut(int max, int kept) {
        int room = max - kept;
        int contextOfLast = lastStretch() - 1;
        int from = Math.max(kept, Math.min(contextOfLast, ids.length - room));
        WeightedTokens window = slice(from, from + room);
        for (int i = 0; i < room && window.weights[i] > 0 && from > kept; i++) {
            window.weights[i] = 0;
        }
        return slice(0, kept).plus(window);
    }

    private int lastStretch() {
        int start = weights.length - 1;
        while (weights[start - 1] > 0) {
            start--;
        }
        return start;
    }

    private WeightedTokens slice(int from, int to) {
        return new WeightedTokens(Arrays.copyOfRange(ids, from, to), Arrays.copyOfRange(weights, from, to));
    }
}
