package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.Linear;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * IA3 (https://arxiv.org/abs/2205.05638): what some linears give is scaled, number by number; of others, the feed-forward
 * ones, what they read. It starts with ones.
 */
public final class Ia3 implements Method {
    private static final String NAME = "ia3";
    private static final String PEFT_TYPE = "IA3";

    /** PEFT's, for Llama-like models. */
    private static final Config LLAMA = new Config(List.of("k_proj", "v_proj", "down_proj"), List.of("down_proj"));

    private static final Config GPT2 = new Config(List.of("c_attn", "mlp.c_proj"), List.of("mlp.c_proj"));

    /**
     * @param targets names of the linears that change; none: those that models of the kind usually train
     * @param feedForward those of them whose input is scaled
     */
    record Config(List<String> targets, List<String> feedForward) implements MethodConfig {
        Config {
            targets = List.copyOf(targets);
            feedForward = List.copyOf(feedForward);
            for (String name : feedForward) {
                if (!targets.isEmpty() && !targets.contains(name)) {
                    throw new IllegalArgumentException(
                            "feedforward_modules has \"%s\", which is not in target_modules %s; add it there"
                                    .formatted(name, targets));
                }
            }
        }

        private Config with(List<String> otherFeedForward) {
            return otherFeedForward.isEmpty() ? this : new Config(targets, otherFeedForward);
        }

        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            ObjectNode json = JsonNodeFactory.instance.objectNode().put("method", NAME);
            json.set("target_modules", AdapterConfigFile.namesIfAny(targets));
            json.set("feedforward_modules", AdapterConfigFile.namesIfAny(feedForward));
            return json;
        }

        @Override
        public Adaptation on(Host host) {
            Config usual = host.model().config().isGpt2() ? GPT2 : LLAMA;
            return new Adapted(
                    targets.isEmpty() ? usual.with(feedForward) : this,
                    host.model().linears());
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public double learningRate() {
        return 1e-2;
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        List<String> targets = fields.names("target_modules", List.of());
        List<String> feedForward = Stream.of(LLAMA, GPT2)
                .flatMap(usual -> usual.feedForward().stream())
                .filter(targets::contains)
                .toList();
        return new Config(targets, fields.names("feedforward_modules", feedForward));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        if (!AdapterConfigFile.isOfPeftType(adapterConfig, PEFT_TYPE)) {
            return Optional.empty();
        }
        AdapterConfigFile.refuse(adapterConfig, "exclude_modules", "modules_to_save");
        return Optional.of(new Config(
                AdapterConfigFile.names(adapterConfig, "target_modules"),
                AdapterConfigFile.names(adapterConfig, "feedforward_modules")));
    }

    /** @param transposed whether files hold linears as [inputs, outputs] */
    private record Adapted(Config config, boolean transposed, TrainedTensors trained) implements Adaptation {
        Adapted(Config config, List<Linear> linears) {
            this(config, linears.get(0).transposed(), tensors(config, linears));
        }

        private static TrainedTensors tensors(Config config, List<Linear> linears) {
            List<String> paths = linears.stream().map(Linear::path).toList();
            ModuleNames.checkAllMatch("target_modules", config.targets(), "linear", paths);
            TrainedTensors.Builder tensors = new TrainedTensors.Builder();
            for (Linear linear : linears) {
                String name = "base_model.model." + linear.path() + ".ia3_l";
                if (ModuleNames.match(config.feedForward(), linear.path())) {
                    tensors.add(linear.key() + ".ia3.in", name, 1, linear.inputs());
                } else if (ModuleNames.match(config.targets(), linear.path())) {
                    tensors.add(linear.key() + ".ia3.out", name, linear.outputs(), 1);
                }
            }
            return tensors.build();
        }

        @Override
        public String method() {
            return NAME;
        }

        @Override
        public void initialise(long seed, FloatBuffer into) {
            while (into.hasRemaining()) {
                into.put(1);
            }
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            ObjectNode json = AdapterConfigFile.ofPeftType(PEFT_TYPE, baseModel)
                    .putNull("exclude_modules")
                    .put("fan_in_fan_out", transposed)
                    .put("init_ia3_weights", true);
            json.set("target_modules", AdapterConfigFile.names(config.targets()));
            json.set("feedforward_modules", AdapterConfigFile.names(config.feedForward()));
            return AdapterConfigFile.write(json);
        }
    }
}
