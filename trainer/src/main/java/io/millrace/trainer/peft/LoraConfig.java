package io.millrace.trainer.peft;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What PEFT's {@code LoraConfig} says, as far as Millrace trains it.
 *
 * @param rank r, 1 to 1024
 * @param alpha the scale is alpha / rank, or alpha / sqrt(rank) with rank-stabilised LoRA
 * @param dropout probability of dropping an input of A while training, 0 to below 1
 * @param targets which linears are adapted
 * @param rankPattern own ranks: module path patterns, matched as {@code (.*\.)?(key)$}; the first that matches counts
 * @param alphaPattern own alphas, matched likewise
 * @param rankStabilised PEFT's use_rslora (https://arxiv.org/abs/2312.03732)
 */
public record LoraConfig(
        int rank,
        double alpha,
        double dropout,
        TargetModules targets,
        Map<String, Integer> rankPattern,
        Map<String, Double> alphaPattern,
        boolean rankStabilised) {
    /** Rank 16, alpha 32, no dropout, all linears. */
    public static final LoraConfig DEFAULT =
            new LoraConfig(16, 32, 0, new TargetModules.AllLinear(), Map.of(), Map.of(), false);

    public LoraConfig {
        rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
        alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
        if (rank < 1 || rank > 1024) {
            throw new IllegalArgumentException("rank is %d; it must be 1 to 1024".formatted(rank));
        }
        if (!(alpha > 0) || Double.isInfinite(alpha)) {
            throw new IllegalArgumentException("alpha is %s; it must be above 0".formatted(alpha));
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout is %s; it must be 0 to below 1".formatted(dropout));
        }
    }
}
