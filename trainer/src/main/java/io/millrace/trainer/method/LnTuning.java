package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.ModelTensor;
import io.millrace.trainer.peft.TargetModules;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * LN tuning (https://arxiv.org/abs/2312.11420): the weights of the norms are trained, and their biases if they
 * have them, from those of the model.
 */
public final class LnTuning implements Method {
    private static final String NAME = "ln_tuning";
    private static final String PEFT_TYPE = "LN_TUNING";

    /** PEFT's, for Llama-like models. */
    private static final TargetModules LLAMA =
            new TargetModules.Suffixes(List.of("input_layernorm", "post_attention_layernorm", "norm"));

    private static final TargetModules GPT2 = new TargetModules.Suffixes(List.of("ln_1", "ln_2", "ln_f"));

    /** @param targets the norms that are trained; absent: those that models of the kind usually train */
    record Config(Optional<TargetModules> targets) implements MethodConfig {
        Config {
            if (targets.filter(TargetModules.AllLinear.class::isInstance).isPresent()) {
                throw new IllegalArgumentException(
                        "target_modules is all-linear; LN tuning trains norms: name them, or choose lora");
            }
        }

        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            ObjectNode json = JsonNodeFactory.instance.objectNode().put("method", NAME);
            json.set("target_modules", AdapterConfigFile.json(targets));
            return json;
        }

        @Override
        public Adaptation on(Host host) {
            TargetModules usual = host.model().config().isGpt2() ? GPT2 : LLAMA;
            return new Adapted(targets.orElse(usual), host.model());
        }
    }

    @Override
    public Traits traits() {
        return new Traits(
                        NAME,
                        1e-2,
                        "the smallest file that learns quickly, for very many adapters; forgets more than LoRA")
                .merging()
                .savingModules();
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return new Config(fields.targets("target_modules"));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        if (!AdapterConfigFile.isOfPeftType(adapterConfig, PEFT_TYPE)) {
            return Optional.empty();
        }
        AdapterConfigFile.refuse(adapterConfig, "exclude_modules");
        return Optional.of(
                new Config(Optional.of(TargetModules.read("target_modules", adapterConfig.path("target_modules")))));
    }

    /** Of the norm whose weight or bias it is. */
    private static String path(ModelTensor norm) {
        return norm.name().substring(0, norm.name().lastIndexOf('.'));
    }

    private static final class Adapted implements Adaptation {
        private final TargetModules targets;
        private final BaseModel model;
        private final List<String> paths;
        private final TrainedTensors trained;

        Adapted(TargetModules targets, BaseModel model) {
            this.targets = targets;
            this.model = model;
            List<ModelTensor> norms =
                    model.tensors().stream().filter(ModelTensor::isNorm).toList();
            paths = targets.among(
                    "target_modules",
                    "norm",
                    norms.stream().map(LnTuning::path).distinct().toList());
            TrainedTensors.Builder tensors = new TrainedTensors.Builder();
            for (ModelTensor norm : norms) {
                if (paths.contains(path(norm))) {
                    String what = norm.isBias() ? "bias" : "weight";
                    tensors.add(
                            norm.key(),
                            "base_model.model.%s.ln_tuning_layers.%s".formatted(path(norm), what),
                            norm.shape().get(0));
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
        public void initialise(long seed, FloatBuffer into) {
            BaseWeights.read(model, trained, into);
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            ObjectNode json = AdapterConfigFile.ofPeftType(PEFT_TYPE, baseModel).putNull("exclude_modules");
            json.set("target_modules", AdapterConfigFile.written(targets, paths));
            return AdapterConfigFile.write(json);
        }
    }
}
