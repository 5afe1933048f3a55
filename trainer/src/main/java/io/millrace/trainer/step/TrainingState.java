package io.millrace.trainer.step;

import io.millrace.trainer.peft.AdapterWeights;

/**
 * All that a training step changes: what a commit keeps, and what a resumed run starts from, bit for bit.
 *
 * @param average moving average of the weights over the last steps: what is judged and published
 * @param firstMoment AdamW's m, laid out as the weights
 * @param secondMoment AdamW's v, laid out as the weights
 * @param step optimiser steps taken
 */
public record TrainingState(
        AdapterWeights weights, AdapterWeights average, float[] firstMoment, float[] secondMoment, long step) {
    /** A run that starts: the average is the weights. */
    public TrainingState(AdapterWeights weights, float[] firstMoment, float[] secondMoment, long step) {
        this(weights, weights, firstMoment, secondMoment, step);
    }
}
