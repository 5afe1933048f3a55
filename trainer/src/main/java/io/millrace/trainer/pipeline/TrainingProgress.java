package io.millrace.trainer.pipeline;

/**
 * How an adapter's training goes, for people to watch.
 *
 * @param steps optimiser steps taken
 * @param tokens tokens trained on, in the loss
 * @param tokensPerSecond tokens through the model per second of step time, context included, lately
 * @param prequentialLoss mean loss of new examples before their step, nats per trained token, lately; NaN: none yet
 * @param holdoutLoss of the last judged candidate; NaN: none yet
 * @param activity what training is at, in words, unless it just takes steps; else empty
 */
public record TrainingProgress(
        long steps, long tokens, double tokensPerSecond, double prequentialLoss, double holdoutLoss, String activity) {
    static final TrainingProgress NONE = new TrainingProgress(0, 0, 0, Double.NaN, Double.NaN, "");
}
