package io.millrace.trainer.model;

/**
 * Reads the rotary embedding of a GGUF file as llama.cpp understands it: {@code rope.scaling.*}, and the tensor
 * {@code rope_freqs.weight} of divisors, in which files of Llama 3 have their scaling.
 */
final class GgufRope {
    private static final String DIVISORS = "rope_freqs.weight";
    private static final double DEFAULT_BASE = 10000;

    private final GgufFile file;
    private final Fields fields;
    private final int headSize;
    private final int contextLength;
    private final double base;

    private GgufRope(GgufFile file, Fields fields, int headSize, int contextLength) {
        this.file = file;
        this.fields = fields;
        this.headSize = headSize;
        this.contextLength = contextLength;
        this.base = fields.optionalPositive("rope.freq_base").orElse(DEFAULT_BASE);
    }

    static Rope read(GgufFile file, Fields fields, int headSize, int contextLength) {
        GgufRope rope = new GgufRope(file, fields, headSize, contextLength);
        Rope scaled = rope.scaled();
        return new Rope(rope.divided(scaled.inverseFrequencies()), scaled.attentionFactor());
    }

    private Rope scaled() {
        double factor = fields.optionalPositive("rope.scaling.factor")
                .or(() -> fields.optionalPositive("rope.scale_linear"))
                .orElse(1.0);
        float[] unscaled = RotaryFrequencies.unscaled(headSize, base);
        return switch (fields.optionalText("rope.scaling.type").orElse("linear")) {
            case "none" -> new Rope(unscaled, 1);
            case "linear" -> new Rope(RotaryFrequencies.linear(unscaled, factor), 1);
            case "yarn" ->
                new Rope(
                        RotaryFrequencies.yarn(
                                headSize,
                                base,
                                factor,
                                fields.optionalPositive("rope.scaling.yarn_beta_fast")
                                        .orElse(32.0),
                                fields.optionalPositive("rope.scaling.yarn_beta_slow")
                                        .orElse(1.0),
                                fields.optionalCount("rope.scaling.original_context_length")
                                        .orElse(contextLength),
                                true),
                        (float) (RotaryFrequencies.yarnAttentionFactor(factor, 1)
                                * fields.optionalPositive("rope.scaling.attn_factor")
                                        .orElse(1.0)));
            default -> throw fields.refused("rope.scaling.type", "is not supported; none, linear and yarn are");
        };
    }

    private float[] divided(float[] frequencies) {
        StoredTensor divisors = file.tensors().get(DIVISORS);
        if (divisors == null) {
            return frequencies;
        }
        if (divisors.size() != frequencies.length) {
            throw new ModelFormatException(
                    file.path(),
                    DIVISORS,
                    "has %d values for %d rotary frequencies".formatted(divisors.size(), frequencies.length));
        }
        float[] divided = divisors.floats();
        for (int i = 0; i < divided.length; i++) {
            divided[i] = frequencies[i] / divided[i];
        }
        return divided;
    }
}
