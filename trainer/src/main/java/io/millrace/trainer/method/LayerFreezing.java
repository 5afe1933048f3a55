package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.model.ModelTensor;
import java.nio.FloatBuffer;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Layer freezing: the topmost blocks are trained, with the last norm and the output projection where that isn't the embedding;
 * or the weights whose paths match a pattern. Nothing below the lowest of them needs a gradient.
 */
public final class LayerFreezing implements Method {
    private static final String NAME = "layer_freezing";
    private static final int TRAINED_LAYERS = 2;

    /**
     * @param layers blocks that are trained, from the top
     * @param pattern regular expression of the paths of weights that are trained instead
     */
    record Config(int layers, Optional<String> pattern) implements MethodConfig {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            ObjectNode json = JsonNodeFactory.instance.objectNode().put("method", NAME);
            put(json);
            return json;
        }

        /** The one that counts. */
        private void put(ObjectNode json) {
            pattern.ifPresentOrElse(
                    given -> json.put("trained_weights", given), () -> json.put("trained_layers", layers));
        }

        @Override
        public Adaptation on(Host host) {
            ModelConfig model = host.model().config();
            if (pattern.isEmpty() && layers > model.layers()) {
                throw new IllegalArgumentException(
                        "trained_layers is %d; the model has %d blocks; choose fewer, or full"
                                .formatted(layers, model.layers()));
            }
            TrainedTensors trained = BaseWeights.of(
                    host.model(),
                    pattern.map(LayerFreezing::matches).orElse(tensor -> isOnTop(tensor, model.layers() - layers)));
            if (trained.keys().isEmpty()) {
                throw new IllegalArgumentException(
                        "trained_weights is \"%s\", which matches no weight of the model; its paths are such as model.layers.0.mlp.down_proj.weight"
                                .formatted(pattern.orElse("")));
            }
            return new Adapted(this, host.model(), trained);
        }

        private static boolean isOnTop(ModelTensor tensor, int lowest) {
            String first = tensor.key().split("\\.")[0];
            boolean inBlock = Character.isDigit(first.charAt(0));
            return inBlock ? Integer.parseInt(first) >= lowest : !first.equals("embedding");
        }
    }

    private static Predicate<ModelTensor> matches(String pattern) {
        try {
            Predicate<String> matches = Pattern.compile(pattern).asMatchPredicate();
            return tensor -> matches.test(tensor.name());
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "trained_weights is \"%s\", which is not a regular expression: %s"
                            .formatted(pattern, e.getDescription()),
                    e);
        }
    }

    @Override
    public Traits traits() {
        return new Traits(NAME, 1e-3, "full fine-tuning of the model's top alone, at a fraction of its memory")
                .merging();
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        int layers = fields.integer("trained_layers", 0, 1, 1024);
        Optional<String> pattern = fields.text("trained_weights");
        if (layers > 0 && pattern.isPresent()) {
            throw new IllegalArgumentException(
                    "trained_layers is %d beside trained_weights; give one of the two".formatted(layers));
        }
        return new Config(layers > 0 ? layers : TRAINED_LAYERS, pattern);
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        return AdapterConfigFile.isOfMethod(adapterConfig, NAME)
                ? Optional.of(configure(
                        new ConfigFields(NAME, adapterConfig.deepCopy().retain("trained_layers", "trained_weights"))))
                : Optional.empty();
    }

    private record Adapted(Config config, BaseModel model, TrainedTensors trained) implements Adaptation {
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
            ObjectNode json = AdapterConfigFile.ofMethod(NAME, baseModel);
            config.put(json);
            return AdapterConfigFile.write(json);
        }
    }
}
