package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.ModelTensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * BitFit (https://arxiv.org/abs/2106.10199): the biases of the linears are trained, and those of norms that have one, from
 * those of the model; where a linear has none, from zero. The file has what each bias is to be, under the name that the model's own file gives it, and says
 * which linears had none.
 */
public final class BitFit implements Method {
    private static final String NAME = "bitfit";

    record Config() implements MethodConfig {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            return JsonNodeFactory.instance.objectNode().put("method", NAME);
        }

        @Override
        public Adaptation on(Host host) {
            return new Adapted(host.model());
        }
    }

    @Override
    public Traits traits() {
        return new Traits(
                        NAME,
                        1e-2,
                        "learns quickly and is small, where what serves the model can add biases; forgets more than LoRA")
                .merging();
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return new Config();
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        return AdapterConfigFile.isOfMethod(adapterConfig, NAME) ? Optional.of(new Config()) : Optional.empty();
    }

    private static final class Adapted implements Adaptation {
        private final BaseModel model;
        private final TrainedTensors trained;

        Adapted(BaseModel model) {
            this.model = model;
            TrainedTensors.Builder tensors = new TrainedTensors.Builder();
            for (Linear linear : model.linears()) {
                tensors.add(linear.key() + ".bias", linear.path() + ".bias", linear.outputs());
            }
            for (ModelTensor bias : biasesOfNorms()) {
                tensors.add(bias.key(), bias.name(), model.config().hiddenSize());
            }
            trained = tensors.build();
        }

        private List<ModelTensor> biasesOfNorms() {
            return model.tensors().stream()
                    .filter(tensor -> tensor.isNorm() && tensor.isBias())
                    .toList();
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
            for (Linear linear : model.linears()) {
                if (BaseWeights.hasBias(model, linear)) {
                    BaseWeights.read(model, linear.key() + ".bias", List.of(linear.outputs()), into);
                } else {
                    into.put(new float[linear.outputs()]);
                }
            }
            for (ModelTensor bias : biasesOfNorms()) {
                BaseWeights.read(model, bias.key(), bias.shape(), into);
            }
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            List<String> added = new ArrayList<>();
            for (Linear linear : model.linears()
                    .subList(0, model.linears().size() / model.config().layers())) {
                if (!BaseWeights.hasBias(model, linear)) {
                    added.add(linear.path().substring(linear.path().lastIndexOf('.') + 1));
                }
            }
            ObjectNode json = AdapterConfigFile.ofMethod(NAME, baseModel);
            json.set("added_biases", AdapterConfigFile.names(added));
            return AdapterConfigFile.write(json);
        }
    }
}
