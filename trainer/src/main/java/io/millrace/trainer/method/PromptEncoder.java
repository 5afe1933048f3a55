package io.millrace.trainer.method;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Trained tensors of which the first, the base, is what files hold, once what the encoder made of the others was added to it.
 * The encoder's last layer starts with zeros, so that training starts from the base, be it real tokens or a file's prompt.
 */
final class PromptEncoder {
    private PromptEncoder() {}

    /** What files hold: the base. */
    static ParameterLayout exported(TrainedTensors trained) {
        return new ParameterLayout(List.of(trained.layout().parameters().get(0)));
    }

    /** The base as given, then the encoder anew. */
    static void start(TrainedTensors trained, float[] base, long seed, FloatBuffer into) {
        into.put(base);
        SplittableRandom random = new SplittableRandom(seed ^ 0x9e3779b97f4a7c15L);
        List<ParameterLayout.Parameter> parameters = trained.layout().parameters();
        int last = parameters.size() - 2;
        for (int i = 1; i < parameters.size(); i++) {
            double bound = i >= last ? 0 : bound(parameters, i);
            SplittableRandom own = random.split();
            for (int n = 0; n < parameters.get(i).size(); n++) {
                into.put((float) ((2 * own.nextDouble() - 1) * bound));
            }
        }
    }

    /** PyTorch's for linears and LSTMs, 1/√inputs, and for the inputs themselves a variance of 1. */
    private static double bound(List<ParameterLayout.Parameter> parameters, int i) {
        if (i == 1) {
            return Math.sqrt(3);
        }
        ParameterLayout.Parameter weight =
                parameters.get(i).shape().size() > 1 ? parameters.get(i) : parameters.get(i - 1);
        return 1 / Math.sqrt(weight.shape().get(weight.shape().size() - 1));
    }

    /** Tensors of these names, in the order given, as the program derives them from an adapter. */
    static List<float[]> derived(BaseModel model, TrainedAdapter adapter, List<String> names) {
        try (AdapterTensors tensors = AdapterTensors.toScore(model, Optional.of(adapter));
                NDManager scope = model.newScope()) {
            NDList inputs = new NDList();
            for (String name : names) {
                NDArray wanted = scope.create(0f);
                wanted.setName("wanted." + name);
                inputs.add(wanted);
            }
            inputs.addAll(tensors.inputs());
            NDList found = model.run(scope, "derived", inputs);
            return names.stream().map(name -> found.get(name).toFloatArray()).toList();
        }
    }
}
