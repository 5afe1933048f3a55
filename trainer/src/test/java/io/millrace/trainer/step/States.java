package io.millrace.trainer.step;

import io.millrace.trainer.Floats;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.LoraAdapter;
import java.nio.FloatBuffer;

/** Training states that tests start from, and copies that they keep. */
final class States {
    private States() {}

    static TrainingState fresh(LoraAdapter adapter) {
        return TrainingState.start(adapter.weights(), 0);
    }

    /** The learner's state as it is now. */
    static TrainingState copy(AdapterLearner learner) {
        TrainingState state = learner.state();
        return new TrainingState(
                copy(state.weights()),
                copy(state.average()),
                state.moments()
                        .map(moments -> new TrainingState.Moments(copy(moments.first()), copy(moments.second()))),
                state.step());
    }

    private static AdapterWeights copy(AdapterWeights weights) {
        return new AdapterWeights(weights.layout(), Floats.of(weights));
    }

    private static FloatBuffer copy(FloatBuffer values) {
        return FloatBuffer.wrap(Floats.of(values));
    }
}
