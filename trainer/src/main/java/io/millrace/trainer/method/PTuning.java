package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * P-tuning (https://arxiv.org/abs/2103.10385): embeddings of virtual tokens in front, from those of real ones, trained by way
 * of an encoder, which files don't hold.
 */
public final class PTuning implements Method {
    private static final String NAME = "p_tuning";
    private static final String PEFT_TYPE = "P_TUNING";
    private static final String PROMPT = "embedding.prompt";

    /** What the encoder is; {@code NONE}: there is none, the embeddings are trained themselves. */
    enum Encoder {
        MLP,
        LSTM,
        NONE
    }

    /**
     * @param hidden size of the encoder's layers
     * @param layers of the LSTM
     */
    record Config(VirtualPrompt prompt, Encoder encoder, int hidden, int layers) implements MethodConfig {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            return prompt.json(NAME)
                    .put("encoder_reparameterization_type", encoder.name().toLowerCase(Locale.ROOT))
                    .put("encoder_hidden_size", hidden)
                    .put("encoder_num_layers", layers);
        }

        @Override
        public Adaptation on(Host host) {
            int width = host.model().config().hiddenSize();
            prompt.check(host.model().config());
            TrainedTensors.Builder tensors = new TrainedTensors.Builder()
                    .add(
                            encoder == Encoder.NONE ? PROMPT : "embedding.base",
                            "prompt_embeddings",
                            prompt.count(),
                            width);
            if (encoder != Encoder.NONE) {
                tensors.add("embedding.e", "encoder.embedding", prompt.count(), width);
            }
            switch (encoder) {
                case MLP -> {
                    layer(tensors, 0, hidden, width);
                    layer(tensors, 1, hidden, hidden);
                    layer(tensors, 2, width, hidden);
                }
                case LSTM -> {
                    for (int direction = 0; direction < 2 * layers; direction++) {
                        lstm(tensors, 4 * direction, direction < 2 ? width : 2 * hidden);
                    }
                    layer(tensors, 0, 2 * hidden, 2 * hidden);
                    layer(tensors, 1, width, 2 * hidden);
                }
                case NONE -> {}
            }
            return new Adapted(this, host, tensors.build());
        }

        private static void layer(TrainedTensors.Builder tensors, int i, int outputs, int inputs) {
            tensors.add("embedding.mlp.w" + i, "encoder.mlp." + i + ".weight", outputs, inputs)
                    .add("embedding.mlp.b" + i, "encoder.mlp." + i + ".bias", outputs);
        }

        /** One direction of one layer: of its input, of its own last output, and a bias for each. */
        private void lstm(TrainedTensors.Builder tensors, int i, int inputs) {
            tensors.add("embedding.lstm." + i, "encoder.lstm." + i, 4 * hidden, inputs)
                    .add("embedding.lstm." + (i + 1), "encoder.lstm." + (i + 1), 4 * hidden, hidden)
                    .add("embedding.lstm." + (i + 2), "encoder.lstm." + (i + 2), 4 * hidden)
                    .add("embedding.lstm." + (i + 3), "encoder.lstm." + (i + 3), 4 * hidden);
        }
    }

    @Override
    public Traits traits() {
        return new Traits(
                NAME,
                3e-3,
                "prompt tuning by way of an encoder; the file is as small; for large models and long streams");
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return new Config(
                VirtualPrompt.configure(fields),
                fields.choice("encoder_reparameterization_type", Encoder.MLP),
                fields.integer("encoder_hidden_size", 256, 1, 8192),
                fields.integer("encoder_num_layers", 2, 1, 8));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        return AdapterConfigFile.isOfPeftType(adapterConfig, PEFT_TYPE)
                ? Optional.of(new Config(VirtualPrompt.read(adapterConfig), Encoder.NONE, 256, 2))
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
        public void initialise(long seed, FloatBuffer into) {
            PromptEncoder.start(trained, config.prompt().embeddings(host, seed), seed, into);
        }

        @Override
        public ParameterLayout exported() {
            return PromptEncoder.exported(trained);
        }

        @Override
        public AdapterWeights export(AdapterWeights weights) {
            if (config.encoder() == Encoder.NONE) {
                return weights;
            }
            TrainedAdapter adapter = new TrainedAdapter(this, weights);
            return new AdapterWeights(
                    exported(),
                    PromptEncoder.derived(host.model(), adapter, List.of(PROMPT))
                            .get(0));
        }

        @Override
        public void restore(AdapterWeights exported, long seed, FloatBuffer into) {
            float[] base = new float[exported.layout().size()];
            exported.values().get(base);
            PromptEncoder.start(trained, base, seed, into);
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            return AdapterConfigFile.write(config.prompt()
                    .fields(PEFT_TYPE, baseModel, host.model().config())
                    .put("encoder_dropout", 0.0)
                    .put("encoder_hidden_size", config.hidden())
                    .put("encoder_num_layers", config.layers())
                    .put("encoder_reparameterization_type", config.encoder() == Encoder.LSTM ? "LSTM" : "MLP"));
        }
    }
}
