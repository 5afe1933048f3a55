package io.millrace.trainer.step;

import io.millrace.trainer.peft.AdapterWeights;
import java.nio.FloatBuffer;
import java.util.Optional;

/**
 * All that a training step changes: what a commit keeps, and what a resumed run starts from, bit for bit. A view of where the
 * values lie, such as a learner's memory or a mapped file; nothing is copied.
 *
 * @param average moving average of the weights over the last steps: what is judged and published
 * @param moments absent: no step was taken yet, and all are 0
 * @param step optimiser steps taken
 */
public record TrainingState(AdapterWeights weights, AdapterWeights average, Optional<Moments> moments, long step) {
    /**
     * AdamW's moments, laid out as the weights.
     *
     * @param first m
     * @param second v
     */
    public record Moments(FloatBuffer first, FloatBuffer second) {
        public Moments {
            first = first.slice();
            second = second.slice();
            if (first.remaining() != second.remaining()) {
                throw new IllegalArgumentException("%d first moments, %d second ones; they must be as many"
                        .formatted(first.remaining(), second.remaining()));
            }
        }

        @Override
        public FloatBuffer first() {
            return first.duplicate();
        }

        @Override
        public FloatBuffer second() {
            return second.duplicate();
        }
    }

    public TrainingState {
        int size = weights.layout().size();
        if (moments.isPresent() && moments.get().first().remaining() != size) {
            throw new IllegalArgumentException(
                    "%d moments for %d weights".formatted(moments.get().first().remaining(), size));
        }
    }

    /** A run that starts: the average is the weights. */
    public static TrainingState start(AdapterWeights weights, long step) {
        return new TrainingState(weights, weights, Optional.empty(), step);
    }
}
