package io.millrace.trainer.log;

/**
 * The base model that a data directory belongs to, as its adapters are trained on it.
 *
 * @param digest of the model's files, such as {@code sha256:…}
 * @param held how the linears of its blocks are held, such as {@code dense} or {@code nf4}: they compute something else
 */
public record BoundBase(String digest, String held) {
    private static final String DENSE = "dense";

    /** One whose linears are held as they are computed with. */
    public static BoundBase dense(String digest) {
        return new BoundBase(digest, DENSE);
    }
}
