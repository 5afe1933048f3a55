package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Prefix tuning (https://arxiv.org/abs/2101.00190): keys and values of virtual tokens in every block, from those that real
 * tokens have there. They are trained by way of an encoder, which files don't hold.
 */
public final class PrefixTuning implements Method {
    private static final String NAME = "prefix_tuning";
    private static final String PEFT_TYPE = "PREFIX_TUNING";

    /** @param encoder size of the encoder's hidden layer; 0: the keys and values are trained themselves */
    record Config(VirtualPrompt prompt, int encoder) implements MethodConfig {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            return prompt.json(NAME).put("encoder_hidden_size", encoder);
        }

        @Override
        public Adaptation on(Host host) {
            ModelConfig model = host.model().config();
            prompt.check(model);
            int columns = 2 * model.layers() * model.keyValueHeads() * model.headSize();
            TrainedTensors.Builder tensors =
                    new TrainedTensors.Builder().add("prefix.base", "prompt_embeddings", prompt.count(), columns);
            if (encoder > 0) {
                tensors.add("prefix.e", "encoder.embedding", prompt.count(), model.hiddenSize())
                        .add("prefix.w1", "encoder.0.weight", encoder, model.hiddenSize())
                        .add("prefix.b1", "encoder.0.bias", encoder)
                        .add("prefix.w2", "encoder.2.weight", columns, encoder)
                        .add("prefix.b2", "encoder.2.bias", columns);
            }
            return new Adapted(this, host, tensors.build());
        }
    }

    @Override
    public Traits traits() {
        return new Traits(
                NAME, 1e-3, "steering without touching a weight, served as a cached prompt; slower to learn than LoRA");
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return new Config(VirtualPrompt.configure(fields), fields.integer("encoder_hidden_size", 512, 0, 8192));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        return AdapterConfigFile.isOfPeftType(adapterConfig, PEFT_TYPE)
                ? Optional.of(new Config(VirtualPrompt.read(adapterConfig), 0))
                : Optional.empty();
    }

    private record Adapted(Config config, Host host, TrainedTensors trained) implements Adaptation {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public int virtualTokens() {
            return config.prompt().count();
        }

        @Override
        public Map<String, Double> settings() {
            return Map.of("prefix.layers", (double) layers());
        }

        private int layers() {
            return host.model().config().layers();
        }

        @Override
        public void initialise(long seed, FloatBuffer into) {
            PromptEncoder.start(trained, config.prompt().flatKeysAndValues(host, seed), seed, into);
        }

        @Override
        public ParameterLayout exported() {
            return PromptEncoder.exported(trained);
        }

        @Override
        public AdapterWeights export(AdapterWeights weights) {
            if (config.encoder() == 0) {
                return weights;
            }
            List<String> names = new ArrayList<>();
            for (int layer = 0; layer < layers(); layer++) {
                names.add(layer + ".prefix.k");
                names.add(layer + ".prefix.v");
            }
            List<float[]> derived = PromptEncoder.derived(host.model(), new TrainedAdapter(this, weights), names);
            return new AdapterWeights(
                    exported(), config.prompt().sideBySide(derived, host.model().config()));
        }

        @Override
        public void restore(AdapterWeights exported, long seed, FloatBuffer into) {
            float[] base = new float[exported.layout().size()];
            exported.values().get(base);
            PromptEncoder.start(trained, base, seed, into);
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            ModelConfig model = host.model().config();
            return AdapterConfigFile.write(config.prompt()
                    .fields(PEFT_TYPE, baseModel, model)
                    .put("num_attention_heads", model.keyValueHeads())
                    .put("token_dim", model.keyValueHeads() * model.headSize())
                    .put(
                            "encoder_hidden_size",
                            config.encoder() > 0 ? config.encoder() : model.headSize() * model.keyValueHeads())
                    .putNull("init_weights")
                    .put("prefix_projection", false));
        }
    }
}
