package io.millrace.trainer.model;

import java.util.Optional;

/**
 * Reads the rotary embedding from a {@code config.json} in either dialect: {@code rope_parameters} (transformers 5), or
 * {@code rope_theta} and {@code rope_scaling} (before).
 */
final class HuggingFaceRope {
    private static final double DEFAULT_BASE = 10000;

    private final Fields config;
    private final Fields rope;
    private final int headSize;
    private final int contextLength;
    private final double base;

    private HuggingFaceRope(Fields config, Fields rope, int headSize, int contextLength) {
        this.config = config;
        this.rope = rope;
        this.headSize = headSize;
        this.contextLength = contextLength;
        this.base = rope.optionalPositive("rope_theta")
                .or(() -> config.optionalPositive("rope_theta"))
                .orElse(DEFAULT_BASE);
    }

    static Rope read(Fields config, int headSize, int contextLength) {
        Fields rope = config.optionalObject("rope_scaling")
                .or(() -> config.optionalObject("rope_parameters"))
                .orElseGet(config::none);
        return new HuggingFaceRope(config, rope, headSize, contextLength).read();
    }

    /** Dynamic scaling starts beyond the context length, so it is none for any sequence that is trained. */
    private Rope read() {
        refuseParts();
        String field = rope.has("rope_type") ? "rope_type" : "type";
        float[] unscaled = RotaryFrequencies.unscaled(headSize, base);
        return switch (rope.optionalText(field).orElse("default")) {
            case "default", "dynamic" -> new Rope(unscaled, 1);
            case "linear" -> new Rope(RotaryFrequencies.linear(unscaled, rope.positive("factor")), 1);
            case "llama3" ->
                new Rope(
                        RotaryFrequencies.llama3(
                                unscaled,
                                rope.positive("factor"),
                                rope.positive("low_freq_factor"),
                                rope.positive("high_freq_factor"),
                                originalContext()),
                        1);
            case "yarn" -> yarn();
            default -> throw rope.refused(field, "is not supported; default, linear, dynamic, llama3 and yarn are");
        };
    }

    private void refuseParts() {
        for (Fields fields : new Fields[] {rope, config}) {
            Optional<Double> part = fields.optionalPositive("partial_rotary_factor");
            if (part.isPresent() && part.get() != 1) {
                throw fields.refused("partial_rotary_factor", "is not supported; 1 is");
            }
        }
        if (rope.has("full_attention") || rope.has("sliding_attention")) {
            throw config.refused("rope_parameters", "differs by layer type, which is not supported");
        }
    }

    private Rope yarn() {
        double factor = rope.optionalPositive("factor").orElseGet(() -> contextLength / originalContext());
        float[] frequencies = RotaryFrequencies.yarn(
                headSize,
                base,
                factor,
                rope.optionalPositive("beta_fast").orElse(32.0),
                rope.optionalPositive("beta_slow").orElse(1.0),
                originalContext(),
                rope.flag("truncate", true));
        return new Rope(
                frequencies,
                rope.optionalPositive("attention_factor")
                        .orElseGet(() -> attentionFactor(factor))
                        .floatValue());
    }

    private double attentionFactor(double factor) {
        if (rope.has("mscale") && rope.has("mscale_all_dim")) {
            return RotaryFrequencies.yarnAttentionFactor(factor, rope.positive("mscale"))
                    / RotaryFrequencies.yarnAttentionFactor(factor, rope.positive("mscale_all_dim"));
        }
        return RotaryFrequencies.yarnAttentionFactor(factor, 1);
    }

    private double originalContext() {
        String field = "original_max_position_embeddings";
        return config.optionalPositive(field)
                .or(() -> rope.optionalPositive(field))
                .orElse((double) contextLength);
    }
}
