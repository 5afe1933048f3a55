package io.millrace.trainer.step;

/**
 * What an optimiser step is told.
 *
 * @param learningRate AdamW's rate in this step
 * @param rateRatioOfB by what B's rate is larger than A's (LoRA+, https://arxiv.org/abs/2402.12354); 1: it isn't
 * @param weightDecay AdamW's decoupled decay
 * @param maxGradientNorm the gradient's global norm is clipped to this; infinity: not at all
 * @param microBatchTokens most tokens in one forward and backward; a larger batch is accumulated over several, and a longer
 *     sequence keeps only its blocks' inputs and computes the rest again, which takes about a third longer
 * @param averageDecay share of the old average that the weights' moving average keeps; 0: the average is the weights
 * @param seed for dropout; a function of the adapter and the step
 */
public record StepSettings(
        double learningRate,
        double rateRatioOfB,
        double weightDecay,
        double maxGradientNorm,
        int microBatchTokens,
        double averageDecay,
        long seed) {}
