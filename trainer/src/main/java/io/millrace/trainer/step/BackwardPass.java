package io.millrace.trainer.step;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.AdapterTensors;
import io.millrace.trainer.method.VirtualTokens;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.NativeArrays;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.LoraTensors;
import java.util.List;
import java.util.Map;

/** How gradients come about, with the adapter in the form that this takes; both ways give the same within rounding. */
interface BackwardPass extends AutoCloseable {
    /**
     * What is computed at a time.
     *
     * @param tokens with rows and labels
     * @param weights of the rows in the loss
     */
    record Pass(NDList tokens, NDArray weights) {}

    /** All trained values, float32. */
    NDArray flat();

    /** Where gradients are added, laid out as the values. */
    NDArray gradient();

    VirtualTokens virtualTokens();

    /** What was measured since this was last asked for. */
    Map<String, Double> takeMeans();

    /** The adapter's tensors and their gradients by name, for what a method does in each step; LoRA has nothing to do there. */
    NDList named();

    /** How many passes run at once, at most. */
    int lanes();

    /** To be called before the passes of a step, whenever values may have changed. */
    void begin();

    /**
     * Adds to the gradient that of passes that run at once; returns the losses of each.
     *
     * @param seed for dropout
     * @param recompute whether what the way back reads is to be computed again, a block at a time, instead of kept
     */
    List<NDList> run(NDManager scope, List<Pass> passes, long seed, boolean recompute);

    @Override
    void close();

    /** LoRA's, written out by hand: fast, without dropout. */
    static BackwardPass handWritten(BaseModel model, List<LoraModule> modules, AdapterWeights weights) {
        return new HandWritten(model, new LoraTensors(model, modules, weights.layout()), weights);
    }

    /** By autograd, which always computes again. */
    static BackwardPass autograd(BaseModel model, Adaptation adaptation, AdapterWeights weights) {
        return new Autograd(model, AdapterTensors.toTrain(model, adaptation, weights));
    }

    private static NDArray zeros(NDManager scope, NDArray like) {
        NDArray zeros = scope.zeros(like.getShape());
        zeros.setName("gradient[]");
        return zeros;
    }

    final class HandWritten implements BackwardPass {
        private final BaseModel model;
        private final LoraTensors tensors;
        private final VirtualTokens none;
        private final NDManager scope;
        private final NDArray flat;
        private final NDArray gradient;

        private HandWritten(BaseModel model, LoraTensors tensors, AdapterWeights weights) {
            this.model = model;
            this.tensors = tensors;
            this.none = new VirtualTokens(0, model.config().vocabularySize());
            this.scope = model.newScope();
            this.flat = NativeArrays.of(scope, weights.values());
            this.gradient = zeros(scope, flat);
        }

        @Override
        public NDArray flat() {
            return flat;
        }

        @Override
        public NDArray gradient() {
            return gradient;
        }

        @Override
        public VirtualTokens virtualTokens() {
            return none;
        }

        @Override
        public Map<String, Double> takeMeans() {
            return Map.of();
        }

        @Override
        public NDList named() {
            throw new IllegalStateException("LoRA's own step knows its tensors by place");
        }

        @Override
        public int lanes() {
            return model.lanes();
        }

        @Override
        public void begin() {
            tensors.takeUp(flat);
        }

        @Override
        public List<NDList> run(NDManager scope, List<Pass> passes, long seed, boolean recompute) {
            return tensors.gradients(
                    scope,
                    passes.stream().map(Pass::tokens).toList(),
                    passes.stream().map(Pass::weights).toList(),
                    recompute,
                    gradient);
        }

        @Override
        public void close() {
            scope.close();
            tensors.close();
        }
    }

    final class Autograd implements BackwardPass {
        private final BaseModel model;
        private final AdapterTensors tensors;
        private final NDManager scope;
        private final NDArray gradient;
        private final NDList gradients;

        private Autograd(BaseModel model, AdapterTensors tensors) {
            this.model = model;
            this.tensors = tensors;
            this.scope = model.newScope();
            this.gradient = zeros(scope, tensors.flat());
            this.gradients = tensors.gradients(gradient);
        }

        @Override
        public NDArray flat() {
            return tensors.flat();
        }

        @Override
        public NDArray gradient() {
            return gradient;
        }

        @Override
        public VirtualTokens virtualTokens() {
            return tensors.virtualTokens();
        }

        @Override
        public Map<String, Double> takeMeans() {
            return tensors.takeMeans();
        }

        @Override
        public NDList named() {
            NDList named = new NDList(tensors.inputs());
            named.addAll(gradients);
            return named;
        }

        @Override
        public int lanes() {
            return 1;
        }

        /** The program works out what its tensors are now in each pass. */
        @Override
        public void begin() {}

        @Override
        public List<NDList> run(NDManager scope, List<Pass> passes, long seed, boolean recompute) {
            return passes.stream()
                    .map(pass -> {
                        NDList inputs = new NDList(pass.tokens());
                        inputs.add(pass.weights());
                        inputs.add(NativeArrays.numbers(scope, new long[] {seed}));
                        inputs.addAll(named());
                        return model.run(scope, "gradients_by_autograd", inputs);
                    })
                    .toList();
        }

        @Override
        public void close() {
            scope.close();
            tensors.close();
        }
    }
}
