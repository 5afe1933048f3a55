package io.millrace.trainer.step;

import io.millrace.trainer.TinyModel;
import io.millrace.trainer.method.Lora;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.peft.LoraAdapter;
import io.millrace.trainer.peft.LoraConfig;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.TargetModules;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/** The ways in which LoRA comes by its gradients. */
record Gradients(boolean handWritten, double dropout) {
    static final Gradients HAND_WRITTEN = new Gradients(true, 0);

    static Gradients byAutograd(double dropout) {
        return new Gradients(false, dropout);
    }

    AdapterLearner start(BaseModel model, List<LoraModule> modules, TrainingState state) {
        LoraConfig config = new LoraConfig(16, 32, dropout, new TargetModules.AllLinear(), Map.of(), Map.of(), false);
        Lora.Adapted lora = new Lora.Adapted(config, modules, model.linears());
        BackwardPass backward = handWritten
                ? new LoraBackwardPass(model, modules, state.weights())
                : new AutogradBackwardPass(model, lora, state.weights());
        return AdapterLearner.start(model, lora, state, backward);
    }

    /** Of an adapter with the rank that each module's path has; 0: none. */
    AdapterLearner learner(BaseModel model, ToIntFunction<String> rank) {
        LoraAdapter adapter = TinyModel.adapter(model, rank);
        return start(model, adapter.modules(), States.fresh(adapter));
    }
}
