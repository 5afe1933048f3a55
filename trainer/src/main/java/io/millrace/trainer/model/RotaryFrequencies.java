package io.millrace.trainer.model;

/**
 * Inverse frequencies of the rotary position embedding, one for each pair of channels of a head, and the known ways of
 * stretching them to longer contexts.
 *
 * <p>Source: {@code modeling_rope_utils.py} of transformers 5.18; {@code base} is there {@code rope_theta}.
 */
final class RotaryFrequencies {
    private RotaryFrequencies() {}

    /** {@code base^(-2i / headSize)}. */
    static float[] unscaled(int headSize, double base) {
        float[] frequencies = new float[headSize / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = (float) Math.pow(base, -2.0 * i / headSize);
        }
        return frequencies;
    }

    /** Position interpolation: every frequency divided by the factor. */
    static float[] linear(float[] frequencies, double factor) {
        float[] scaled = new float[frequencies.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) (frequencies[i] / factor);
        }
        return scaled;
    }

    /**
     * Llama 3: wavelengths above {@code originalContext / lowFrequencyFactor} are divided by the factor, those below
     * {@code originalContext / highFrequencyFactor} stay, and those between change over smoothly.
     */
    static float[] llama3(
            float[] frequencies,
            double factor,
            double lowFrequencyFactor,
            double highFrequencyFactor,
            double originalContext) {
        float[] scaled = new float[frequencies.length];
        for (int i = 0; i < scaled.length; i++) {
            double turns = originalContext * frequencies[i] / (2 * Math.PI);
            double kept = clamp((turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor));
            scaled[i] = (float) ((1 - kept) * frequencies[i] / factor + kept * frequencies[i]);
        }
        return scaled;
    }

    /**
     * YaRN: channels that turn more than {@code fastTurns} times within the original context keep their frequency, those that
     * turn less than {@code slowTurns} times have it divided by the factor, with a linear ramp over the channels between.
     *
     * @param wholeChannels the ramp's ends are rounded outwards to whole channels
     */
    static float[] yarn(
            int headSize,
            double base,
            double factor,
            double fastTurns,
            double slowTurns,
            double originalContext,
            boolean wholeChannels) {
        double low = channel(fastTurns, headSize, base, originalContext);
        double high = channel(slowTurns, headSize, base, originalContext);
        low = Math.max(wholeChannels ? Math.floor(low) : low, 0);
        high = Math.min(wholeChannels ? Math.ceil(high) : high, headSize - 1);
        if (high == low) {
            high += 0.001;
        }
        float[] scaled = unscaled(headSize, base);
        for (int i = 0; i < scaled.length; i++) {
            double kept = 1 - clamp((i - low) / (high - low));
            scaled[i] = (float) ((1 - kept) * scaled[i] / factor + kept * scaled[i]);
        }
        return scaled;
    }

    /** YaRN's factor on cos and sin: {@code 0.1 · scale · ln(factor) + 1}. */
    static double yarnAttentionFactor(double factor, double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    /** Which pair of channels makes that many turns within the context. */
    private static double channel(double turns, int headSize, double base, double context) {
        return headSize * Math.log(context / (turns * 2 * Math.PI)) / (2 * Math.log(base));
    }

    private static double clamp(double value) {
        return Math.max(0, Math.min(1, value));
    }
}
