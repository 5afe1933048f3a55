package io.millrace.trainer.method;

import io.millrace.trainer.peft.AdapterWeights;

/**
 * An adapter, complete.
 *
 * @param weights laid out as the adaptation's trained tensors
 */
public record TrainedAdapter(Adaptation adaptation, AdapterWeights weights) {
    public TrainedAdapter {
        if (!weights.layout().equals(adaptation.trained().layout())) {
            throw new IllegalArgumentException(
                    "the weights are laid out for another adapter than this of method " + adaptation.method());
        }
    }
}
