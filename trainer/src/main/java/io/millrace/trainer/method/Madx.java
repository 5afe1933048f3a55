package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * MAD-X (https://arxiv.org/abs/2005.00052): behind each feed-forward network a bottleneck for a language and one for a task, and an
 * invertible NICE adapter (https://arxiv.org/abs/1410.8516) on the embeddings, which is undone before the output projection. A
 * language is learned from plain text, without the task; a task with the language frozen. Each phase is an adapter of its own,
 * which starts from the one before: so a task can be had in another language without ever being trained there.
 */
public final class Madx implements Method {
    private static final String NAME = "madx";
    private static final String LANGUAGE = "language";
    private static final String TASK = "task";

    /** What is trained. */
    enum Phase {
        LANGUAGE,
        TASK
    }

    /**
     * @param language factor by which the language's bottleneck is narrower than the model
     * @param task the same of the task's
     */
    record Config(Phase phase, int language, int task) implements MethodConfig {
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

        private void put(ObjectNode json) {
            json.put("phase", phase.name().toLowerCase(Locale.ROOT))
                    .put("language_reduction_factor", language)
                    .put("reduction_factor", task);
        }

        @Override
        public boolean startsFrom(MethodConfig other) {
            return other instanceof Config before && before.language == language && before.task == task;
        }

        @Override
        public Adaptation on(Host host) {
            ModelConfig model = host.model().config();
            int width = model.hiddenSize();
            if (width % 4 > 0) {
                throw new IllegalArgumentException(
                        "method is madx; it wants a model whose hidden size is a multiple of 4, and this one's is %d"
                                .formatted(width));
            }
            TrainedTensors.Builder tensors = new TrainedTensors.Builder();
            for (String half : List.of("F", "G")) {
                String key = "embedding.nice." + half + ".";
                String name = "model.invertible_adapters.language." + half + ".";
                tensors.add(key + "0.weight", name + "0.weight", width / 4, width / 2)
                        .add(key + "0.bias", name + "0.bias", width / 4)
                        .add(key + "2.weight", name + "2.weight", width / 2, width / 4)
                        .add(key + "2.bias", name + "2.bias", width / 2);
            }
            for (int layer = 0; layer < model.layers(); layer++) {
                bottleneck(tensors, model, layer, LANGUAGE, language);
                bottleneck(tensors, model, layer, TASK, task);
            }
            return new Adapted(this, tensors.build());
        }

        private static void bottleneck(
                TrainedTensors.Builder tensors, ModelConfig model, int layer, String which, int reduction) {
            int width = model.hiddenSize();
            if (reduction > width) {
                throw new IllegalArgumentException("%s is %d; the model's hidden size is only %d"
                        .formatted(
                                which.equals(TASK) ? "reduction_factor" : "language_reduction_factor",
                                reduction,
                                width));
            }
            String key = layer + ".bottleneck." + which + ".";
            String name = model.block(layer) + ".output_adapters.adapters." + which + ".";
            tensors.add(key + "down.weight", name + "adapter_down.0.weight", width / reduction, width)
                    .add(key + "down.bias", name + "adapter_down.0.bias", width / reduction)
                    .add(key + "up.weight", name + "adapter_up.weight", width, width / reduction)
                    .add(key + "up.bias", name + "adapter_up.bias", width);
        }
    }

    @Override
    public Traits traits() {
        return new Traits(NAME, 1e-3, "a task in languages that it has no examples in: plain text of each is enough");
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return new Config(
                fields.choice("phase", Phase.LANGUAGE),
                fields.integer("language_reduction_factor", 2, 1, 4096),
                fields.integer("reduction_factor", 16, 1, 4096));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        return AdapterConfigFile.isOfMethod(adapterConfig, NAME)
                ? Optional.of(configure(new ConfigFields(
                        NAME,
                        adapterConfig.deepCopy().retain("phase", "language_reduction_factor", "reduction_factor"))))
                : Optional.empty();
    }

    private record Adapted(Config config, TrainedTensors trained) implements Adaptation {
        @Override
        public String method() {
            return NAME;
        }

        /** The task's bottlenecks take part only in their phase. */
        @Override
        public Map<String, Double> settings() {
            return config.phase() == Phase.TASK ? Map.of("madx.task", 1.0) : Map.of();
        }

        @Override
        public Optional<FloatBuffer> changing() {
            return Optional.of(trained.changing(parameter ->
                    parameter.name().contains(".adapters." + TASK + ".") == (config.phase() == Phase.TASK)));
        }

        /** What comes second starts with zeros, all else as PyTorch's linears do, so that nothing changes yet. */
        @Override
        public void initialise(long seed, FloatBuffer into) {
            SplittableRandom random = new SplittableRandom(seed);
            for (ParameterLayout.Parameter parameter : trained.layout().parameters()) {
                SplittableRandom own = random.split();
                boolean second = parameter.name().matches(".*(adapter_up|[.][FG][.]2)[.]weight");
                double bound = second || parameter.shape().size() == 1
                        ? 0
                        : 1 / Math.sqrt(parameter.shape().get(1));
                for (int i = 0; i < parameter.size(); i++) {
                    into.put((float) ((2 * own.nextDouble() - 1) * bound));
                }
            }
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            ObjectNode json = AdapterConfigFile.ofMethod(NAME, baseModel);
            config.put(json);
            return AdapterConfigFile.write(json);
        }
    }
}
