package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.peft.ParameterLayout;
import io.millrace.trainer.peft.TargetModules;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * VeRA (https://arxiv.org/abs/2310.11454): y = W x + λ_b · B (λ_d · A x), where A and B are random, frozen and shared by all
 * linears, each of which takes as many columns of A and rows of B as it needs. Files hold A and B, too.
 */
public final class Vera implements Method {
    private static final String NAME = "vera";
    private static final String PEFT_TYPE = "VERA";
    private static final String SHARED = "vera.";

    /**
     * @param rank rows of A, columns of B
     * @param start what all λ_d are at first; λ_b are 0
     * @param key that A and B are drawn from
     */
    record Config(int rank, double start, int key, TargetModules targets) implements MethodConfig {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            ObjectNode json = JsonNodeFactory.instance
                    .objectNode()
                    .put("method", NAME)
                    .put("rank", rank)
                    .put("d_initial", start)
                    .put("projection_prng_key", key);
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
        return new Traits(NAME, 1e-2, "a fraction of LoRA's file, and it merges; learns late")
                .merging()
                .savingModules();
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return new Config(
                fields.integer("rank", 256, 1, 4096),
                fields.number("d_initial", 0.1, -10, 10),
                fields.integer("projection_prng_key", 0, 0, Integer.MAX_VALUE),
                fields.targets("target_modules").orElseGet(TargetModules.AllLinear::new));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        if (!AdapterConfigFile.isOfPeftType(adapterConfig, PEFT_TYPE)) {
            return Optional.empty();
        }
        AdapterConfigFile.refuse(adapterConfig, "layers_to_transform", "layers_pattern");
        if (!adapterConfig.path("save_projection").asBoolean(true)) {
            throw new IllegalArgumentException(
                    "save_projection is false; Millrace can't draw PEFT's random numbers: save the adapter with its projections");
        }
        if (!adapterConfig.path("bias").asText("none").equals("none")) {
            throw new IllegalArgumentException(
                    "bias is %s; Millrace reads adapters with bias \"none\"".formatted(adapterConfig.path("bias")));
        }
        ObjectNode fields = adapterConfig.deepCopy().retain("r", "d_initial", "projection_prng_key", "target_modules");
        fields.set("rank", fields.remove("r"));
        return Optional.of(configure(new ConfigFields(NAME, fields)));
    }

    private static final class Adapted implements Adaptation {
        private final Config config;
        private final List<String> paths;
        private final boolean transposed;
        private final TrainedTensors trained;

        Adapted(Config config, List<Linear> linears) {
            this.config = config;
            paths = config.targets()
                    .among(
                            "target_modules",
                            "linear",
                            linears.stream().map(Linear::path).toList());
            List<Linear> adapted = linears.stream()
                    .filter(linear -> paths.contains(linear.path()))
                    .toList();
            transposed = adapted.stream().anyMatch(Linear::transposed);
            int inputs = adapted.stream().mapToInt(Linear::inputs).max().orElseThrow();
            int outputs = adapted.stream().mapToInt(Linear::outputs).max().orElseThrow();
            TrainedTensors.Builder tensors = new TrainedTensors.Builder()
                    .add(SHARED + "a", "base_model.vera_A", config.rank(), inputs)
                    .add(SHARED + "b", "base_model.vera_B", outputs, config.rank());
            for (Linear linear : adapted) {
                String name = "base_model.model." + linear.path() + ".vera_lambda_";
                tensors.add(linear.key() + ".vera.lambda_b", name + "b", linear.outputs())
                        .add(linear.key() + ".vera.lambda_d", name + "d", config.rank());
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

        /** A and B, the matrices, don't change. */
        @Override
        public Optional<FloatBuffer> changing() {
            return Optional.of(trained.changing(parameter -> parameter.shape().size() == 1));
        }

        /** A and B are drawn as PyTorch's kaiming_uniform_ does, ±√(6 / columns). */
        @Override
        public void initialise(long seed, FloatBuffer into) {
            SplittableRandom random = new SplittableRandom(config.key());
            for (ParameterLayout.Parameter parameter : trained.layout().parameters()) {
                boolean isShared = parameter.shape().size() > 1;
                double bound = isShared ? Math.sqrt(6.0 / parameter.shape().get(1)) : 0;
                double start = parameter.name().endsWith("_d") ? config.start() : 0;
                for (int i = 0; i < parameter.size(); i++) {
                    into.put((float) (isShared ? (2 * random.nextDouble() - 1) * bound : start));
                }
            }
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            ObjectNode json = AdapterConfigFile.ofPeftType(PEFT_TYPE, baseModel)
                    .put("bias", "none")
                    .put("d_initial", config.start())
                    .put("fan_in_fan_out", transposed)
                    .put("init_weights", true)
                    .putNull("layers_pattern")
                    .putNull("layers_to_transform")
                    .put("projection_prng_key", config.key())
                    .put("r", config.rank())
                    .put("save_projection", true)
                    .put("vera_dropout", 0.0);
            json.set("target_modules", AdapterConfigFile.written(config.targets(), paths));
            return AdapterConfigFile.write(json);
        }
    }
}
