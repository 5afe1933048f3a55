package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.ModelConfig;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** LN tuning (https://arxiv.org/abs/2312.11420): the weights of the norms are trained, from those of the model. */
public final class LnTuning implements Method {
    private static final String NAME = "ln_tuning";
    private static final String PEFT_TYPE = "LN_TUNING";

    /** PEFT's, for models of this kind. */
    private static final List<String> TARGETS = List.of("input_layernorm", "post_attention_layernorm", "norm");

    /** @param targets names of the norms that are trained */
    record Config(List<String> targets) implements MethodConfig {
        Config {
            targets = List.copyOf(targets);
        }

        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            ObjectNode json = JsonNodeFactory.instance.objectNode().put("method", NAME);
            json.set("target_modules", AdapterConfigFile.names(targets));
            return json;
        }

        @Override
        public Adaptation on(Host host) {
            return new Adapted(this, host.model());
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
        return new Config(fields.names("target_modules", TARGETS));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        if (!AdapterConfigFile.isOfPeftType(adapterConfig, PEFT_TYPE)) {
            return Optional.empty();
        }
        AdapterConfigFile.refuse(adapterConfig, "exclude_modules", "modules_to_save");
        return Optional.of(new Config(AdapterConfigFile.names(adapterConfig, "target_modules")));
    }

    private static final class Adapted implements Adaptation {
        private final Config config;
        private final BaseModel model;
        private final TrainedTensors trained;

        Adapted(Config config, BaseModel model) {
            this.config = config;
            this.model = model;
            Map<String, String> norms = norms(model.config());
            ModuleNames.checkAllMatch("target_modules", config.targets(), "norm", norms.keySet());
            TrainedTensors.Builder tensors = new TrainedTensors.Builder();
            norms.forEach((path, key) -> {
                if (ModuleNames.match(config.targets(), path)) {
                    int size = key.endsWith("q_norm") || key.endsWith("k_norm")
                            ? model.config().headSize()
                            : model.config().hiddenSize();
                    tensors.add(key, "base_model.model." + path + ".ln_tuning_layers.weight", size);
                }
            });
            trained = tensors.build();
        }

        /** Paths of the norms, and what the program calls them. */
        private static Map<String, String> norms(ModelConfig config) {
            Map<String, String> norms = new LinkedHashMap<>();
            for (int layer = 0; layer < config.layers(); layer++) {
                String block = "model.layers." + layer + ".";
                norms.put(block + "input_layernorm", layer + ".input_norm");
                norms.put(block + "post_attention_layernorm", layer + ".middle_norm");
                if (config.headNorms()) {
                    norms.put(block + "self_attn.q_norm", layer + ".q_norm");
                    norms.put(block + "self_attn.k_norm", layer + ".k_norm");
                }
            }
            norms.put("model.norm", "norm");
            return norms;
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
        public void initialise(long seed, FloatBuffer into) {
            BaseWeights.read(model, trained, into);
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            ObjectNode json = AdapterConfigFile.ofPeftType(PEFT_TYPE, baseModel).putNull("exclude_modules");
            json.set("target_modules", AdapterConfigFile.names(config.targets()));
            return AdapterConfigFile.write(json);
        }
    }
}
