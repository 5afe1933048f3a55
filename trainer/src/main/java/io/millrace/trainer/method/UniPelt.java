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

/**
 * UniPELT (https://arxiv.org/abs/2110.07577): a bottleneck, a prefix and LoRA on queries and values, each behind a gate that every
 * token opens for itself. How far the gates were open in the last step, on average, is among a revision's metrics.
 */
public final class UniPelt implements Method {
    private static final String NAME = "unipelt";
    private static final List<String> PARTS = List.of("adapter", "prefix", "lora");

    record Config(HybridParts parts) implements MethodConfig {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            return parts.json(NAME);
        }

        @Override
        public Adaptation on(Host host) {
            parts.prompt().check(host.model().config());
            return new Adapted(parts, host);
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
        return new Config(HybridParts.configure(fields, 10, 8, 48));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        return HybridParts.read(adapterConfig, NAME).map(this::configure);
    }

    private static final class Adapted implements Adaptation {
        private final HybridParts parts;
        private final Host host;
        private final TrainedTensors trained;
        private final Map<String, Double> settings = new LinkedHashMap<>();

        Adapted(HybridParts parts, Host host) {
            this.parts = parts;
            this.host = host;
            ModelConfig model = host.model().config();
            TrainedTensors.Builder tensors = new TrainedTensors.Builder();
            parts.addPrefix(tensors, "prefix", model);
            settings.put("prefix.layers", (double) model.layers());
            for (int layer = 0; layer < model.layers(); layer++) {
                parts.addBottleneck(tensors, layer, model);
                for (String part : PARTS) {
                    String name = model.block(layer) + ".gate_" + part;
                    tensors.add(layer + ".gate." + part + ".weight", name + ".weight", 1, model.hiddenSize())
                            .add(layer + ".gate." + part + ".bias", name + ".bias", 1);
                }
            }
            for (Linear linear : host.model().linears()) {
                if (List.of("q", "v", "qkv").contains(linear.name())) {
                    parts.addLora(tensors, linear, ".lora.");
                    settings.put(linear.key() + ".lora.scale", 1.0);
                }
            }
            trained = tensors.build();
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
            return parts.prompt().count();
        }

        @Override
        public Map<String, Double> settings() {
            return settings;
        }

        @Override
        public List<String> means() {
            return PARTS.stream().map(part -> "mean_gate_" + part).toList();
        }

        /** Gates start half open, what they are for without effect. */
        @Override
        public void initialise(long seed, FloatBuffer into) {
            parts.initialise(host, seed, trained.layout().parameters(), UniPelt::boundOfGate, into);
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            return parts.configFile(NAME, baseModel);
        }
    }

    /** That of a standard deviation of 0.02. */
    private static double boundOfGate(ParameterLayout.Parameter parameter) {
        String name = parameter.name();
        return name.contains(".gate_") && name.endsWith(".weight") ? 0.02 * Math.sqrt(3) : 0;
    }
}
