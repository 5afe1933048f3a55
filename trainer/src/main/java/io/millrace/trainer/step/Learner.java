package io.millrace.trainer.step;

import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.peft.AdapterWeights;
import java.util.List;
import java.util.Map;

/** One adapter while it trains. Belongs to the training thread. */
public interface Learner extends AutoCloseable {
    /**
     * Scores the batch, checks losses and gradients, and only then updates the adapter. The loss is the mean over all
     * loss weights of the batch, across micro-batches.
     */
    StepOutcome step(List<Sequence> batch, StepSettings settings);

    /** What the method measured in the last step, by name. */
    default Map<String, Double> means() {
        return Map.of();
    }

    /** The moving average of the adapter's weights, in the learner's memory: it changes with the next step. */
    AdapterWeights average();

    /**
     * Sets values that steps leave alone, in the weights and in their average.
     *
     * @param place of the first one in the layout
     */
    void set(int place, float[] values);

    /** Everything that steps change, in the learner's memory: it changes with the next step. */
    TrainingState state();

    /** Frees the native memory. */
    @Override
    void close();
}
