package io.millrace.trainer.eval;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.NativeArrays;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.LoraAdapter;
import io.millrace.trainer.peft.LoraTensors;
import io.millrace.trainer.peft.ParameterLayout;
import java.util.List;
import java.util.Optional;

/** An adapter in native memory as the last inputs of the program's methods: all A, all B, the scales. */
final class AdapterInputs implements AutoCloseable {
    private static final LoraAdapter NONE =
            new LoraAdapter(List.of(), new AdapterWeights(new ParameterLayout(List.of()), new float[0]));

    private final LoraTensors tensors;
    private final NDManager scope;
    private final NDList arrays;

    AdapterInputs(BaseModel model, Optional<LoraAdapter> adapter) {
        LoraAdapter lora = adapter.orElse(NONE);
        tensors = new LoraTensors(model, lora.modules(), lora.weights(), "a[]", "b[]");
        scope = model.newScope();
        arrays = new NDList(tensors.views());
        arrays.add(NativeArrays.of(scope, LoraTensors.scales(model, lora.modules())));
    }

    NDList arrays() {
        return arrays;
    }

    @Override
    public void close() {
        tensors.close();
        scope.close();
    }
}
