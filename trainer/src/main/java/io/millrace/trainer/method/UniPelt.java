package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * UniPELT (https://arxiv.org/abs/2110.07577): a bottleneck, a prefix and LoRA on queries and values, each behind a gate that every
 * token opens for itself. How far the gates were open in the last step, on average, is among a revision's metrics.
 */
public final class UniPelt implements Method {
    private static final String NAME = "unipelt";
    private static final List<String> PARTS = List.of("adapter", "prefix", "lora");
    private static final int MOST = 4096;

    /**
     * @param rank of LoRA
     * @param bottleneck width of the bottleneck's middle
     */
    record Config(VirtualPrompt prompt, int rank, int bottleneck) implements MethodConfig {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            return prompt.json(NAME).put("rank", rank).put("bottleneck_size", bottleneck);
        }

        @Override
        public Adaptation on(Host host) {
            prompt.check(host.model().config());
            return new Adapted(this, host);
        }
    }

    @Override
    public Traits traits() {
        return new Traits(
                NAME,
                1e-3,
                "three methods in one, when you can't tell which would serve; the gates tell what each was worth");
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return new Config(
                VirtualPrompt.configure(fields, 10),
                fields.integer("rank", 8, 1, 1024),
                fields.integer("bottleneck_size", 48, 1, MOST));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        if (!AdapterConfigFile.isOfMethod(adapterConfig, NAME)) {
            return Optional.empty();
        }
        List<String> own = List.of("num_virtual_tokens", "rank", "bottleneck_size");
        return Optional.of(
                configure(new ConfigFields(NAME, adapterConfig.deepCopy().retain(own))));
    }

    private static final class Adapted implements Adaptation {
        private final Config config;
        private final Host host;
        private final TrainedTensors trained;
        private final Map<String, Double> settings = new LinkedHashMap<>();

        Adapted(Config config, Host host) {
            this.config = config;
            this.host = host;
            ModelConfig model = host.model().config();
            TrainedTensors.Builder tensors = new TrainedTensors.Builder()
                    .add(
                            "prefix.base",
                            "prefix",
                            config.prompt().count(),
                            2 * model.layers() * model.keyValueHeads() * model.headSize());
            settings.put("prefix.layers", (double) model.layers());
            for (int layer = 0; layer < model.layers(); layer++) {
                addBottleneck(tensors, layer, model);
                for (String part : PARTS) {
                    String name = model.block(layer) + ".gate_" + part;
                    tensors.add(layer + ".gate." + part + ".weight", name + ".weight", 1, model.hiddenSize())
                            .add(layer + ".gate." + part + ".bias", name + ".bias", 1);
                }
            }
            for (Linear linear : host.model().linears()) {
                if (List.of("q", "v", "qkv").contains(linear.name())) {
                    tensors.add(
                                    linear.key() + ".lora.a",
                                    linear.path() + ".lora_A.weight",
                                    config.rank(),
                                    linear.inputs())
                            .add(
                                    linear.key() + ".lora.b",
                                    linear.path() + ".lora_B.weight",
                                    linear.outputs(),
                                    config.rank());
                    settings.put(linear.key() + ".lora.scale", 1.0);
                }
            }
            trained = tensors.build();
        }

        private void addBottleneck(TrainedTensors.Builder tensors, int layer, ModelConfig model) {
            String key = layer + ".bottleneck.fed_forward.";
            String name = model.block(layer) + ".fed_forward.adapter_";
            tensors.add(key + "down.weight", name + "down.weight", config.bottleneck(), model.hiddenSize())
                    .add(key + "down.bias", name + "down.bias", config.bottleneck())
                    .add(key + "up.weight", name + "up.weight", model.hiddenSize(), config.bottleneck())
                    .add(key + "up.bias", name + "up.bias", model.hiddenSize());
        }

        @Override
        public String method() {
            return NAME;
        }

        @Override
        public TrainedTensors trained() {
            return trained;
        }

        @Override
        public int virtualTokens() {
            return config.prompt().count();
        }

        @Override
        public Map<String, Double> settings() {
            return settings;
        }

        @Override
        public List<String> means() {
            return PARTS.stream().map(part -> "mean_gate_" + part).toList();
        }

        /** The prefix from real tokens, gates half open, LoRA and the bottleneck without effect yet. */
        @Override
        public void initialise(long seed, FloatBuffer into) {
            into.put(config.prompt().flatKeysAndValues(host, seed));
            SplittableRandom random = new SplittableRandom(seed);
            List<ParameterLayout.Parameter> parameters = trained.layout().parameters();
            for (int i = 1; i < parameters.size(); i++) {
                SplittableRandom own = random.split();
                double bound = bound(parameters.get(i), parameters.get(i - 1));
                for (int n = 0; n < parameters.get(i).size(); n++) {
                    into.put((float) ((2 * own.nextDouble() - 1) * bound));
                }
            }
        }

        /** Of PyTorch's linears; of a gate's weight, that of a standard deviation of 0.02. */
        private static double bound(ParameterLayout.Parameter parameter, ParameterLayout.Parameter before) {
            String name = parameter.name();
            if (name.contains(".gate_") && name.endsWith(".weight")) {
                return 0.02 * Math.sqrt(3);
            }
            if (name.endsWith("lora_A.weight") || name.endsWith("adapter_down.weight")) {
                return 1 / Math.sqrt(parameter.shape().get(1));
            }
            return name.endsWith("adapter_down.bias")
                    ? 1 / Math.sqrt(before.shape().get(1))
                    : 0;
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            return AdapterConfigFile.write(AdapterConfigFile.ofMethod(NAME, baseModel)
                    .put("num_virtual_tokens", config.prompt().count())
                    .put("rank", config.rank())
                    .put("bottleneck_size", config.bottleneck()));
        }
    }
}
