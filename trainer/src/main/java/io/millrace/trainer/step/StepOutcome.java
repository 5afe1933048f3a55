package io.millrace.trainer.step;

import io.millrace.trainer.batch.ExampleLoss;
import java.util.List;

/** What became of a batch; losses are those before the update, in the batch's order. */
public sealed interface StepOutcome {
    List<ExampleLoss> losses();

    /** @param gradientNorm global norm before clipping */
    record Applied(List<ExampleLoss> losses, double gradientNorm) implements StepOutcome {}

    /**
     * Nothing was changed: a loss or gradient was not finite, or the mean loss was above 2 ln V.
     *
     * @param offenders indices in the batch, at least one
     * @param reason for the operator
     */
    record Rejected(List<ExampleLoss> losses, List<Integer> offenders, String reason) implements StepOutcome {}
}
