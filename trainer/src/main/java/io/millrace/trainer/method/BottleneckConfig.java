package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Bottleneck adapters: d → d / reduction → d, added to what some places of a block give. The way down starts as PyTorch's
 * linears do, the way up with zeros, so that nothing changes yet.
 *
 * @param method the kind
 * @param places hooks of the program behind which they stand
 * @param reduction factor by which the middle is narrower
 */
record BottleneckConfig(String method, List<String> places, int reduction) implements MethodConfig {
    static final int REDUCTION = 16;

    static BottleneckConfig configure(String method, List<String> places, ConfigFields fields) {
        return new BottleneckConfig(method, places, fields.integer("reduction_factor", REDUCTION, 1, 4096));
    }

    static Optional<MethodConfig> read(String method, List<String> places, ObjectNode adapterConfig) {
        if (!AdapterConfigFile.isOfMethod(adapterConfig, method)) {
            return Optional.empty();
        }
        return Optional.of(configure(
                method,
                places,
                new ConfigFields(method, adapterConfig.deepCopy().retain("reduction_factor"))));
    }

    @Override
    public ObjectNode json() {
        return JsonNodeFactory.instance.objectNode().put("method", method).put("reduction_factor", reduction);
    }

    @Override
    public Adaptation on(Host host) {
        ModelConfig model = host.model().config();
        int width = model.hiddenSize();
        int middle = width / reduction;
        if (middle < 1) {
            throw new IllegalArgumentException(
                    "reduction_factor is %d; the model's hidden size is only %d".formatted(reduction, width));
        }
        TrainedTensors.Builder tensors = new TrainedTensors.Builder();
        for (int layer = 0; layer < model.layers(); layer++) {
            for (String place : places) {
                String key = layer + ".bottleneck." + place + ".";
                String name = "%s.%s.".formatted(model.block(layer), place);
                tensors.add(key + "down.weight", name + "adapter_down.weight", middle, width)
                        .add(key + "down.bias", name + "adapter_down.bias", middle)
                        .add(key + "up.weight", name + "adapter_up.weight", width, middle)
                        .add(key + "up.bias", name + "adapter_up.bias", width);
            }
        }
        return new Adapted(this, tensors.build());
    }

    private record Adapted(BottleneckConfig config, TrainedTensors trained) implements Adaptation {
        @Override
        public String method() {
            return config.method();
        }

        @Override
        public void initialise(long seed, FloatBuffer into) {
            SplittableRandom random = new SplittableRandom(seed);
            double bound = 0;
            for (ParameterLayout.Parameter parameter : trained.layout().parameters()) {
                SplittableRandom own = random.split();
                if (parameter.name().endsWith("adapter_down.weight")) {
                    bound = 1 / Math.sqrt(parameter.shape().get(1));
                } else if (parameter.name().contains("adapter_up")) {
                    bound = 0;
                }
                for (int i = 0; i < parameter.size(); i++) {
                    into.put((float) ((2 * own.nextDouble() - 1) * bound));
                }
            }
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            return AdapterConfigFile.write(
                    AdapterConfigFile.ofMethod(method(), baseModel).put("reduction_factor", config.reduction()));
        }
    }
}
