package io.millrace.trainer.eval;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.method.AdapterTensors;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.method.VirtualTokens;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.LoraModules;
import io.millrace.trainer.peft.LoraPasses;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * An adapter in the form that a method of the model's program takes to score with it; both methods give the same within rounding.
 *
 * @param lanes how many passes run at once, at most
 * @param passTokens of these together at most, but for a sequence that is longer
 * @param virtualTokens what stands in front of every sequence
 */
record ScoringForm(int lanes, int passTokens, VirtualTokens virtualTokens, Passes passes, Runnable release)
        implements AutoCloseable {
    /** Runs passes at once, given what each takes: tokens, rows and labels. */
    interface Passes {
        /** Each one's losses. */
        List<NDList> run(NDManager scope, List<NDList> inputs);
    }

    /** A pass keeps nothing but one block's results: at this size its memory is small beside a training step's, and what any pass costs is spread. */
    private static final int TOKENS = 2048;

    /** @param adapter its weights are copied; empty: the model as it is */
    static ScoringForm of(BaseModel model, Optional<TrainedAdapter> adapter) {
        Optional<List<LoraModule>> modules = adapter.isEmpty()
                ? Optional.of(List.of())
                : adapter.get().adaptation().plainLora();
        return modules.filter(plain -> model.hasStepByHand())
                .map(plain -> lora(model, plain, adapter.map(TrainedAdapter::weights)))
                .orElseGet(() -> any(model, adapter));
    }

    private static ScoringForm lora(BaseModel model, List<LoraModule> modules, Optional<AdapterWeights> weights) {
        LoraPasses passes = new LoraPasses(
                model, modules, weights.map(AdapterWeights::layout).orElseGet(() -> LoraModules.layout(List.of())));
        passes.takeUp(weights.map(AdapterWeights::values).orElseGet(() -> FloatBuffer.allocate(0)));
        return new ScoringForm(
                model.lanes(),
                TOKENS,
                new VirtualTokens(0, model.config().vocabularySize()),
                passes::losses,
                passes::close);
    }

    private static ScoringForm any(BaseModel model, Optional<TrainedAdapter> adapter) {
        AdapterTensors tensors = AdapterTensors.toScore(model, adapter);
        Passes passes = (scope, inputs) -> inputs.stream()
                .map(pass -> {
                    NDList all = new NDList(pass);
                    all.addAll(tensors.inputs());
                    return model.runInInferenceMode(scope, "losses", all);
                })
                .toList();
        return new ScoringForm(1, model.passTokens(), tensors.virtualTokens(), passes, tensors::close);
    }

    @Override
    public void close() {
        release.run();
    }
}
