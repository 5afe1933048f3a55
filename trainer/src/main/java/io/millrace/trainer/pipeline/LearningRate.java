package io.millrace.trainer.pipeline;

/**
 * Rises linearly over the warm-up, then stays; smaller for steps of fewer than 4 sequences, which a deadline may flush:
 * 0.3 of it at one sequence, since a gradient of one example is noisier.
 */
record LearningRate(AdapterConfig.Optimizer optimizer) {
    private static final double FULL_RATE_SEQUENCES = 4;
    private static final double EXPONENT = Math.log(0.3) / Math.log(1 / FULL_RATE_SEQUENCES);

    /**
     * @param stepsSinceWarmup optimiser steps since the start or the last detected shift, from 0
     * @param sequences in the step
     */
    double at(long stepsSinceWarmup, int sequences) {
        double warmup = Math.min(1, (stepsSinceWarmup + 1.0) / (optimizer.warmupSteps() + 1.0));
        double size = Math.min(1, Math.pow(sequences / FULL_RATE_SEQUENCES, EXPONENT));
        return optimizer.learningRate() * warmup * size;
    }
}
