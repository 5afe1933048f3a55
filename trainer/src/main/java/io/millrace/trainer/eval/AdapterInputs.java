package io.millrace.trainer.eval;

import ai.djl.ndarray.NDList;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.LoraAdapter;
import io.millrace.trainer.peft.LoraTensors;
import io.millrace.trainer.peft.ParameterLayout;
import java.util.List;
import java.util.Optional;

/** An adapter in native memory as the last inputs of the program's methods: values, ranks, scales. */
final class AdapterInputs implements AutoCloseable {
    private static final LoraAdapter NONE =
            new LoraAdapter(List.of(), new AdapterWeights(new ParameterLayout(List.of()), new float[0]));

    private final LoraTensors tensors;

    AdapterInputs(BaseModel model, Optional<LoraAdapter> adapter) {
        LoraAdapter lora = adapter.orElse(NONE);
        tensors = new LoraTensors(model, lora.modules(), lora.weights());
    }

    NDList arrays() {
        return tensors.inputs();
    }

    @Override
    public void close() {
        tensors.close();
    }
}
