package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.BaseModel;
import java.nio.FloatBuffer;
import java.util.Optional;

/** Full fine-tuning: every weight of the model is trained. The file has them all, named as the model's own. */
public final class FullTuning implements Method {
    private static final String NAME = "full";

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
            return new Adapted(host.model(), BaseWeights.of(host.model(), tensor -> true));
        }
    }

    @Override
    public Traits traits() {
        return new Traits(
                        NAME,
                        5e-5,
                        "the baseline: when memory for five numbers per weight is there and one model serves one task")
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

    private record Adapted(BaseModel model, TrainedTensors trained) implements Adaptation {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public void initialise(long seed, FloatBuffer into) {
            BaseWeights.read(model, trained, into);
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            return AdapterConfigFile.write(AdapterConfigFile.ofMethod(NAME, baseModel));
        }
    }
}
