package io.millrace.trainer.pipeline;

/**
 * How much of the weights' moving average stays in a step. At a constant rate the weights wander around what they have
 * learned, and their average doesn't. It keeps little at first, and again after a detected shift, so as not to lag behind.
 *
 * @param decay share that stays in the long run; 0: no averaging
 */
record WeightAverage(double decay) {
    private static final double RAMP = 9;

    /** @param steps since the start or the last detected shift, from 0 */
    double at(long steps) {
        return Math.min(decay, (steps + 1) / (steps + 1 + RAMP));
    }
}
