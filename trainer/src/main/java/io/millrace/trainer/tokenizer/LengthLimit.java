package io.millrace.trainer.tokenizer;

/**
 * How long an example may be.
 *
 * @param maxTokens most tokens of an example, at least 8
 * @param overLong what becomes of a longer one
 */
public record LengthLimit(int maxTokens, OverLong overLong) {
    private static final int LEAST = 8;

    /** What becomes of an example that has too many tokens. */
    public enum OverLong {
        /** It is refused, naming its length and the limit. */
        REFUSE,
        /**
         * It is cut and the tokens left out are counted: the beginning of what comes before the last trained stretch goes
         * first (bos stays); a trained stretch that is too long by itself, such as plain text, loses its end.
         */
        CUT
    }

    public LengthLimit {
        if (maxTokens < LEAST) {
            throw new IllegalArgumentException("max_tokens is %d; it must be at least %d".formatted(maxTokens, LEAST));
        }
    }
}
