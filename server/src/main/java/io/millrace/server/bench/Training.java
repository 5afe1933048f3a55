package io.millrace.server.bench;

import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.Lora;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.peft.LoraConfig;
import io.millrace.trainer.peft.LoraModules;
import io.millrace.trainer.peft.NativeWeights;
import io.millrace.trainer.pipeline.AdapterConfig;
import io.millrace.trainer.step.AdapterLearner;
import io.millrace.trainer.step.StepOutcome;
import io.millrace.trainer.step.StepSettings;
import io.millrace.trainer.step.TrainingState;
import java.util.List;
import java.util.Optional;

/** An adapter in training outside of any stream, with the settings that adapters have by default. */
final class Training implements AutoCloseable {
    private final BaseModel model;
    private final Adaptation adaptation;
    private final AdapterLearner learner;
    private final StepSettings settings;

    private Training(BaseModel model, Adaptation adaptation, AdapterLearner learner) {
        this.model = model;
        this.adaptation = adaptation;
        this.learner = learner;
        this.settings = settings(AdapterConfig.defaults(model));
    }

    static Training start(BaseModel model, LoraConfig lora) {
        Adaptation adaptation = new Lora.Adapted(lora, LoraModules.resolve(lora, model.linears()), model.linears());
        try (NativeWeights fresh = new NativeWeights(model, adaptation.trained().layout())) {
            adaptation.initialise(1, fresh.memory());
            TrainingState state = TrainingState.start(fresh.weights(), 0);
            return new Training(model, adaptation, AdapterLearner.start(model, adaptation, state));
        }
    }

    private static StepSettings settings(AdapterConfig config) {
        return new StepSettings(
                config.optimizer().learningRate(),
                config.optimizer().loraPlusRatio(),
                config.optimizer().weightDecay(),
                config.optimizer().maxGradientNorm(),
                config.batch().microBatchTokens(),
                config.optimizer().averageDecay(),
                1);
    }

    /**
     * Returns once all of the step is done, on a GPU too.
     *
     * @throws IllegalStateException if the step was refused, which takes another time than a step
     */
    void step(List<Sequence> batch) {
        if (learner.step(batch, settings) instanceof StepOutcome.Rejected rejected) {
            throw new IllegalStateException("a measured step was refused: " + rejected.reason());
        }
        model.synchronise();
    }

    /** The adapter, a view of what steps change, for {@link #forward}. */
    TrainedAdapter adapter() {
        return new TrainedAdapter(adaptation, learner.average());
    }

    /** A forward pass without the way back, as judging does it. */
    void forward(TrainedAdapter adapter, List<Sequence> batch) {
        Scorer.losses(model, Optional.of(adapter), batch);
    }

    @Override
    public void close() {
        learner.close();
    }
}
