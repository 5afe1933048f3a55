package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.ParameterLayout;
import io.millrace.trainer.search.Evolution;
import io.millrace.trainer.search.Part;
import io.millrace.trainer.search.SearchSpace;
import io.millrace.trainer.search.Supernet;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * NOAH (https://arxiv.org/abs/2206.04673): a supernet of prompts, LoRA and bottlenecks in every block. For some steps parts of it,
 * drawn at random, are trained; then a search on the holdout finds the best part that a budget of parameters allows, and
 * training goes on with that alone. Files hold the supernet, with the sizes in use.
 */
public final class Noah implements Method {
    private static final String NAME = "noah";
    private static final int MOST = 1024;

    /** As LoRA's default, whose alpha is twice its rank. */
    private static final double LORA_SCALE = 2;

    /**
     * @param rank the largest of LoRA's
     * @param bottleneck the largest width of a bottleneck's middle
     * @param search what may change while the adapter trains
     */
    record Config(VirtualPrompt prompt, int rank, int bottleneck, Search search) implements MethodConfig {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            return prompt.json(NAME)
                    .put("rank", rank)
                    .put("bottleneck_size", bottleneck)
                    .put("parameter_budget", search.budget())
                    .put("supernet_steps", search.steps())
                    .put("search_population", search.population())
                    .put("search_parents", search.parents())
                    .put("search_rounds", search.rounds());
        }

        @Override
        public boolean startsFrom(MethodConfig other) {
            return other instanceof Config noah
                    && noah.prompt().count() == prompt.count()
                    && noah.rank() == rank
                    && noah.bottleneck() == bottleneck;
        }

        @Override
        public boolean continues(MethodConfig before) {
            return startsFrom(before);
        }

        @Override
        public Adaptation on(Host host) {
            prompt.check(host.model().config());
            return new Adapted(this, host);
        }
    }

    /**
     * @param budget most parameters of the subnet that is chosen; 0: half of what the largest has
     * @param steps before the search
     */
    record Search(int budget, int steps, int population, int parents, int rounds) {
        static Search configure(ConfigFields fields) {
            return new Search(
                    fields.integer("parameter_budget", 0, 0, Integer.MAX_VALUE),
                    fields.integer("supernet_steps", 20, 1, 1_000_000),
                    fields.integer("search_population", 20, 2, 1000),
                    fields.integer("search_parents", 5, 1, 1000),
                    fields.integer("search_rounds", 3, 0, 1000));
        }

        /** @throws IllegalArgumentException if not even the smallest subnet is within the budget */
        Evolution in(List<Part> parts, int blocks) {
            SearchSpace unbounded = new SearchSpace(parts, blocks, Long.MAX_VALUE);
            long least = unbounded.parameters(unbounded.smallest());
            long largest = unbounded.parameters(unbounded.largest());
            long most = budget == 0 ? Math.max(least, largest / 2) : budget;
            if (most < least) {
                throw new IllegalArgumentException(
                        "parameter_budget is %d; on this model it must be at least %d, what the smallest subnet takes (the largest: %d)"
                                .formatted(budget, least, largest));
            }
            return new Evolution(new SearchSpace(parts, blocks, most), population, parents, rounds);
        }
    }

    @Override
    public Traits traits() {
        return new Traits(
                NAME,
                6e-3,
                "finds by itself what to put where under a budget of parameters; nothing is published before its search is over");
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return new Config(
                VirtualPrompt.configure(fields, 10),
                fields.integer("rank", 10, 1, MOST),
                fields.integer("bottleneck_size", 10, 1, MOST),
                Search.configure(fields));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        if (!AdapterConfigFile.isOfMethod(adapterConfig, NAME)) {
            return Optional.empty();
        }
        List<String> own = List.of("num_virtual_tokens", "rank", "bottleneck_size");
        return Optional.of(
                configure(new ConfigFields(NAME, adapterConfig.deepCopy().retain(own))));
    }

    private static final class Adapted implements Adaptation {
        private static final String SIZES = "sizes";

        private final Config config;
        private final Host host;
        private final TrainedTensors trained;
        private final Supernet supernet;
        private final Map<String, Double> settings = new LinkedHashMap<>();

        Adapted(Config config, Host host) {
            this.config = config;
            this.host = host;
            ModelConfig model = host.model().config();
            int keysAndValues = 2 * model.keyValueHeads() * model.headSize();
            List<Linear> adapted = host.model().linears().stream()
                    .filter(linear -> List.of("q", "k", "v", "qkv").contains(linear.name()))
                    .toList();
            TrainedTensors.Builder tensors = new TrainedTensors.Builder()
                    .add("prefix.base", "prompt", config.prompt().count(), model.layers() * keysAndValues);
            settings.put("prefix.layers", (double) model.layers());
            adapted.forEach(linear -> addLora(tensors, linear));
            for (int layer = 0; layer < model.layers(); layer++) {
                addBottleneck(tensors, layer, model);
            }
            int weights = tensors.build().layout().size();
            trained = tensors.add("noah.sizes", SIZES, 3, model.layers()).build();
            int perRank = adapted.stream()
                            .mapToInt(linear -> linear.inputs() + linear.outputs())
                            .sum()
                    / model.layers();
            List<Part> parts = List.of(
                    new Part("prompt", sizes(config.prompt().count()), keysAndValues, 0),
                    new Part("lora", sizes(config.rank()), perRank, 0),
                    new Part("bottleneck", sizes(config.bottleneck()), 2 * model.hiddenSize() + 1, model.hiddenSize()));
            supernet = new Supernet(
                    config.search().in(parts, model.layers()), config.search().steps(), weights);
        }

        /** One, half and all, as NOAH's 1, 5 and 10. */
        private static List<Integer> sizes(int largest) {
            return Stream.of(1, Math.max(1, largest / 2), largest).distinct().toList();
        }

        private void addLora(TrainedTensors.Builder tensors, Linear linear) {
            tensors.add(linear.key() + ".noah.a", linear.path() + ".lora_A.weight", config.rank(), linear.inputs())
                    .add(linear.key() + ".noah.b", linear.path() + ".lora_B.weight", linear.outputs(), config.rank());
            settings.put(linear.key() + ".lora.scale", LORA_SCALE);
        }

        private void addBottleneck(TrainedTensors.Builder tensors, int layer, ModelConfig model) {
            String key = layer + ".bottleneck.fed_forward.";
            String name = model.block(layer) + ".fed_forward.adapter_";
            tensors.add(key + "down.weight", name + "down.weight", config.bottleneck(), model.hiddenSize())
                    .add(key + "down.bias", name + "down.bias", config.bottleneck())
                    .add(key + "up.weight", name + "up.weight", model.hiddenSize(), config.bottleneck())
                    .add(key + "up.bias", name + "up.bias", model.hiddenSize());
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
        public Optional<Supernet> supernet() {
            return Optional.of(supernet);
        }

        @Override
        public int virtualTokens() {
            return config.prompt().count();
        }

        @Override
        public Map<String, Double> settings() {
            return settings;
        }

        /** Sizes are no weights. */
        @Override
        public Optional<FloatBuffer> changing() {
            FloatBuffer mask = FloatBuffer.allocate(trained.layout().size());
            for (int i = 0; i < supernet.place(); i++) {
                mask.put(1);
            }
            return Optional.of(mask.rewind());
        }

        /** The prompt from real tokens, LoRA and the bottlenecks without effect yet, all in use. */
        @Override
        public void initialise(long seed, FloatBuffer into) {
            into.put(config.prompt().flatKeysAndValues(host, seed));
            SplittableRandom random = new SplittableRandom(seed);
            List<ParameterLayout.Parameter> parameters = trained.layout().parameters();
            for (int i = 1; i < parameters.size() - 1; i++) {
                SplittableRandom own = random.split();
                double bound = bound(parameters.get(i), parameters.get(i - 1));
                for (int n = 0; n < parameters.get(i).size(); n++) {
                    into.put((float) ((2 * own.nextDouble() - 1) * bound));
                }
            }
            into.put(supernet.space().largest().flat());
        }

        /** Of PyTorch's linears. */
        private static double bound(ParameterLayout.Parameter parameter, ParameterLayout.Parameter before) {
            String name = parameter.name();
            if (name.endsWith("lora_A.weight") || name.endsWith("adapter_down.weight")) {
                return 1 / Math.sqrt(parameter.shape().get(1));
            }
            return name.endsWith("adapter_down.bias")
                    ? 1 / Math.sqrt(before.shape().get(1))
                    : 0;
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            return AdapterConfigFile.write(AdapterConfigFile.ofMethod(NAME, baseModel)
                    .put("num_virtual_tokens", config.prompt().count())
                    .put("rank", config.rank())
                    .put("bottleneck_size", config.bottleneck()));
        }
    }
}
