package io.millrace.trainer.step;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.method.VirtualTokens;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.NativeArrays;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.LoraPasses;
import java.util.List;
import java.util.Map;

/** LoRA's, written out by hand: fast, without dropout, on as many lanes as there are. */
final class LoraBackwardPass implements BackwardPass {
    private final BaseModel model;
    private final LoraPasses lora;
    private final VirtualTokens none;
    private final NDManager scope;
    private final NDArray flat;
    private final NDArray gradient;

    LoraBackwardPass(BaseModel model, List<LoraModule> modules, AdapterWeights weights) {
        this.model = model;
        this.lora = new LoraPasses(model, modules, weights.layout());
        this.none = new VirtualTokens(0, model.config().vocabularySize());
        this.scope = model.newScope();
        this.flat = NativeArrays.of(scope, weights.values());
        this.gradient = BackwardPass.zeros(scope, flat);
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
        lora.takeUp(flat);
    }

    @Override
    public List<NDList> run(NDManager scope, List<Pass> passes, long seed, boolean recompute) {
        return lora.gradients(
                scope,
                passes.stream().map(Pass::tokens).toList(),
                passes.stream().map(Pass::weights).toList(),
                recompute,
                gradient);
    }

    @Override
    public void close() {
        scope.close();
        lora.close();
    }
}
