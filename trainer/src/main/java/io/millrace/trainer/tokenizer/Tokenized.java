package io.millrace.trainer.tokenizer;

/** What became of an example: tokens with loss weights, or the reason why it can't be trained on. */
public sealed interface Tokenized {
    /**
     * At least two tokens, at least one of them trained, the first never. The arrays are not copied; nobody writes to them
     * after construction.
     *
     * @param ids token ids of the base model's vocabulary
     * @param lossWeights as many as ids: the weight of predicting {@code ids[i]} from those before it; 0 is context
     * @param cutTokens tokens that were left out because the example was too long
     */
    record Tokens(int[] ids, float[] lossWeights, int cutTokens) implements Tokenized {
        public Tokens {
            if (ids.length < 2 || ids.length != lossWeights.length || lossWeights[0] != 0) {
                throw new IllegalArgumentException(
                        "tokens need at least 2 ids, as many loss weights, and none on the first; got %d ids, %d weights"
                                .formatted(ids.length, lossWeights.length));
            }
        }
    }

    /**
     * @param field the example's field at fault, such as {@code messages[2].content}
     * @param reason what is wrong with it and what to do, to be read after the field's name
     */
    record Refused(String field, String reason) implements Tokenized {}
}
