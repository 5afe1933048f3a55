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
import java.util.List;
import java.util.Map;

/** Any method's, by autograd, one pass after the other; it always computes again. */
final class AutogradBackwardPass implements BackwardPass {
    private final BaseModel model;
    private final AdapterTensors tensors;
    private final NDManager scope;
    private final NDArray gradient;
    private final NDList gradients;

    AutogradBackwardPass(BaseModel model, Adaptation adaptation, AdapterWeights weights) {
        this.model = model;
        this.tensors = AdapterTensors.toTrain(model, adaptation, weights);
        this.scope = model.newScope();
        this.gradient = BackwardPass.zeros(scope, tensors.flat());
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
