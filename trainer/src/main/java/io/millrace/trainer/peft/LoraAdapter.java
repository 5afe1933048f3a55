package io.millrace.trainer.peft;

import java.util.List;

/**
 * A LoRA adapter, complete.
 *
 * @param modules the linears that it changes
 * @param weights for each module {@code base_model.model.<path>.lora_A.weight} [rank, inputs] and {@code
 *     .lora_B.weight} [outputs, rank]
 */
public record LoraAdapter(List<LoraModule> modules, AdapterWeights weights) {
    public LoraAdapter {
        modules = List.copyOf(modules);
    }
}
