package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import io.millrace.trainer.peft.TargetModules;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * AdaLoRA (https://arxiv.org/abs/2303.10512): y = W x + scale · B (E · (A x)), where after each step the least important entries of
 * E, over all linears, become 0. How many may stay falls from {@code initial_rank} for each linear to {@code target_rank} on
 * average. Files hold all of A, E and B; importance is state of training alone.
 */
public final class AdaLora implements Method {
    private static final String NAME = "adalora";
    private static final String PEFT_TYPE = "ADALORA";

    /**
     * @param start rank of each linear at first
     * @param target mean rank in the end
     * @param free steps before the budget falls
     * @param falling steps in which it does
     * @param memory share of the old importance that a step keeps
     * @param orthogonality weight of the penalty that keeps A's rows and B's columns orthonormal
     */
    record Config(
            int start,
            int target,
            double alpha,
            int free,
            int falling,
            double memory,
            double orthogonality,
            TargetModules targets)
            implements MethodConfig {
        Config {
            if (target > start) {
                throw new IllegalArgumentException(
                        "target_rank is %d; it must be at most initial_rank, %d".formatted(target, start));
            }
        }

        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            ObjectNode json = JsonNodeFactory.instance
                    .objectNode()
                    .put("method", NAME)
                    .put("initial_rank", start)
                    .put("target_rank", target)
                    .put("alpha", alpha)
                    .put("free_steps", free)
                    .put("falling_steps", falling)
                    .put("importance_decay", memory)
                    .put("orthogonality", orthogonality);
            json.set("target_modules", targets.json());
            return json;
        }

        @Override
        public Adaptation on(Host host) {
            return new Adapted(this, host.model().linears());
        }
    }

    @Override
    public Traits traits() {
        return new Traits(
                        NAME,
                        1e-2,
                        "LoRA that moves its rank to the linears that need it; slower steps and a larger file")
                .merging()
                .savingModules();
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return new Config(
                fields.integer("initial_rank", 24, 1, 1024),
                fields.integer("target_rank", 16, 1, 1024),
                fields.number("alpha", 32, 1e-6, 1e6),
                fields.integer("free_steps", 10, 0, 1_000_000),
                fields.integer("falling_steps", 40, 1, 1_000_000),
                fields.number("importance_decay", 0.85, 0, 1),
                fields.number("orthogonality", 0.5, 0, 1e6),
                fields.targets("target_modules").orElseGet(TargetModules.AllLinear::new));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        if (!AdapterConfigFile.isOfPeftType(adapterConfig, PEFT_TYPE)) {
            return Optional.empty();
        }
        AdapterConfigFile.refuse(
                adapterConfig, "exclude_modules", "layers_to_transform", "layers_pattern", "rank_pattern", "use_dora");
        int start = adapterConfig.path("init_r").asInt();
        ObjectNode fields = adapterConfig.deepCopy().retain("target_modules");
        fields.put("initial_rank", start)
                .put(
                        "target_rank",
                        Math.min(start, adapterConfig.path("target_r").asInt(start)))
                .put("alpha", adapterConfig.path("lora_alpha").asDouble());
        return Optional.of(configure(new ConfigFields(NAME, fields)));
    }

    private static final class Adapted implements Adaptation {
        private static final double DEVIATION = 0.02;

        private final Config config;
        private final List<Linear> adapted;
        private final TrainedTensors trained;
        private final ParameterLayout exported;

        Adapted(Config config, List<Linear> linears) {
            this.config = config;
            List<String> paths = config.targets()
                    .among(
                            "target_modules",
                            "linear",
                            linears.stream().map(Linear::path).toList());
            adapted = linears.stream()
                    .filter(linear -> paths.contains(linear.path()))
                    .toList();
            TrainedTensors.Builder tensors = new TrainedTensors.Builder();
            for (Linear linear : adapted) {
                String name = "base_model.model." + linear.path() + ".lora_";
                tensors.add(linear.key() + ".adalora.a", name + "A", config.start(), linear.inputs())
                        .add(linear.key() + ".adalora.e", name + "E", config.start(), 1)
                        .add(linear.key() + ".adalora.b", name + "B", linear.outputs(), config.start());
            }
            exported = tensors.build().layout();
            trained = tensors.add("adalora.importance", "importance", adapted.size(), config.start())
                    .build();
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
        public boolean takesPartInSteps() {
            return true;
        }

        /** Importance is no weight. */
        @Override
        public Optional<FloatBuffer> changing() {
            return Optional.of(trained.changing(parameter -> parameter.offset() < exported.size()));
        }

        @Override
        public Map<String, Double> settings() {
            Map<String, Double> settings = new LinkedHashMap<>();
            // as PEFT has it, whatever the rank comes down to
            double scale = config.alpha() / (config.start() + 1e-5);
            adapted.forEach(linear -> settings.put(linear.key() + ".lora.scale", scale));
            return settings;
        }

        @Override
        public Map<String, Double> trainingSettings() {
            return Map.of(
                    "adalora.target",
                    (double) config.target(),
                    "adalora.free",
                    (double) config.free(),
                    "adalora.falling",
                    (double) config.falling(),
                    "adalora.memory",
                    config.memory(),
                    "adalora.orthogonality",
                    config.orthogonality());
        }

        /** A and B normal with deviation 0.02, E zero, so that nothing changes yet. */
        @Override
        public void initialise(long seed, FloatBuffer into) {
            SplittableRandom random = new SplittableRandom(seed);
            for (ParameterLayout.Parameter parameter : trained.layout().parameters()) {
                SplittableRandom own = random.split();
                boolean isDrawn =
                        parameter.name().endsWith("_A") || parameter.name().endsWith("_B");
                for (int i = 0; i < parameter.size(); i++) {
                    into.put(isDrawn ? (float) (DEVIATION * own.nextGaussian()) : 0);
                }
            }
        }

        @Override
        public ParameterLayout exported() {
            return exported;
        }

        @Override
        public AdapterWeights export(AdapterWeights weights) {
            return new AdapterWeights(exported, weights.values().slice(0, exported.size()));
        }

        @Override
        public void restore(AdapterWeights written, long seed, FloatBuffer into) {
            into.put(written.values());
            into.put(new float[trained.layout().size() - exported.size()]);
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            ObjectNode json = AdapterConfigFile.ofPeftType(PEFT_TYPE, baseModel)
                    .put("beta1", config.memory())
                    .put("beta2", config.memory())
                    .put("bias", "none")
                    .put("deltaT", 1)
                    .put("fan_in_fan_out", adapted.stream().anyMatch(Linear::transposed))
                    .put("init_lora_weights", true)
                    .put("init_r", config.start())
                    .put("lora_alpha", config.alpha())
                    .put("lora_dropout", 0.0)
                    .put("orth_reg_weight", config.orthogonality())
                    .putNull("rank_pattern")
                    .put("target_r", config.target())
                    .put("tfinal", 0)
                    .put("tinit", config.free())
                    .put("total_step", config.free() + config.falling());
            List<String> paths = new ArrayList<>();
            adapted.forEach(linear -> paths.add(linear.path()));
            json.set("target_modules", AdapterConfigFile.written(config.targets(), paths));
            return AdapterConfigFile.write(json);
        }
    }
}
