package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Bottleneck adapters: d → d / reduction → d, added to what some places of a block give. The way down starts as PyTorch's
 * linears do, the way up with zeros, so that nothing changes yet.
 *
 * @param reduction factor by which the middle is narrower
 */
record BottleneckConfig(Kind kind, int reduction) implements MethodConfig {
    private static final int REDUCTION = 16;

    /** What AdapterHub calls the adapter, and the places: https://github.com/adapter-hub/adapters. */
    private static final String HUB_NAME = "millrace";

    private static final Map<String, String> HUB_PLACES =
            Map.of("attended", "attention_adapters", "fed_forward", "output_adapters");

    /**
     * A way to place them.
     *
     * @param places hooks of the program behind which they stand
     * @param activation AdapterHub's word for the function in the middle
     */
    record Kind(String method, List<String> places, String activation) {
        BottleneckConfig configure(ConfigFields fields) {
            return new BottleneckConfig(this, fields.integer("reduction_factor", REDUCTION, 1, 4096));
        }

        Optional<MethodConfig> read(ObjectNode adapterConfig) {
            return AdapterConfigFile.isOfMethod(adapterConfig, method)
                    ? Optional.of(configure(
                            new ConfigFields(method, adapterConfig.deepCopy().retain("reduction_factor"))))
                    : Optional.empty();
        }
    }

    @Override
    public String method() {
        return kind.method();
    }

    @Override
    public ObjectNode json() {
        return JsonNodeFactory.instance.objectNode().put("method", method()).put("reduction_factor", reduction);
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
            for (String place : kind.places()) {
                String key = layer + ".bottleneck." + place + ".";
                String name = "%s.%s.adapters.%s.".formatted(model.block(layer), HUB_PLACES.get(place), HUB_NAME);
                tensors.add(key + "down.weight", name + "adapter_down.0.weight", middle, width)
                        .add(key + "down.bias", name + "adapter_down.0.bias", middle)
                        .add(key + "up.weight", name + "adapter_up.weight", width, middle)
                        .add(key + "up.bias", name + "adapter_up.bias", width);
            }
        }
        return new Adapted(this, width, tensors.build());
    }

    private record Adapted(BottleneckConfig config, int width, TrainedTensors trained) implements Adaptation {
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
                if (parameter.name().endsWith("adapter_down.0.weight")) {
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
            ObjectNode json =
                    AdapterConfigFile.ofMethod(method(), baseModel).put("reduction_factor", config.reduction());
            json.put("name", HUB_NAME).put("hidden_size", width).set("config", hubConfig());
            return AdapterConfigFile.write(json);
        }

        /** AdapterHub's description of what is computed here; what it leaves out is off. */
        private ObjectNode hubConfig() {
            return JsonNodeFactory.instance
                    .objectNode()
                    .putNull("architecture")
                    .put("mh_adapter", config.kind().places().contains("attended"))
                    .put("output_adapter", true)
                    .put("reduction_factor", config.reduction())
                    .put("non_linearity", config.kind().activation())
                    .put("original_ln_before", false)
                    .put("original_ln_after", true)
                    .put("residual_before_ln", true)
                    .put("adapter_residual_before_ln", false)
                    .put("ln_before", false)
                    .put("ln_after", false)
                    .put("init_weights", "mam_adapter");
        }
    }
}
