package io.millrace.trainer.model;

/**
 * Rotary position embedding: the inverse frequency of each pair of channels, scaling already applied, and the factor on cos
 * and sin (1 but for yarn).
 *
 * @param inverseFrequencies headSize / 2 values, radians per position; none: there is no rotary embedding
 */
public record Rope(float[] inverseFrequencies, float attentionFactor) {
    /** Nothing turns. */
    public static final Rope NONE = new Rope(new float[0], 1);

    public Rope {
        for (float frequency : inverseFrequencies) {
            if (!Float.isFinite(frequency)) {
                throw new IllegalArgumentException(
                        "the rotary embedding's base and scaling give a frequency of " + frequency);
            }
        }
        if (!Float.isFinite(attentionFactor)) {
            throw new IllegalArgumentException("the rotary embedding's scaling gives a factor of " + attentionFactor);
        }
    }
}
