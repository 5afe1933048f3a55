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
import java.util.stream.Stream;

/**
 * NOAH (https://arxiv.org/abs/2206.04673): a supernet of prompts, LoRA and bottlenecks in every block. For some steps parts of it,
 * drawn at random, are trained; then a search on the holdout finds the best part that a budget of parameters allows, and
 * training goes on with that alone. Files hold the supernet, with the sizes in use.
 */
public final class Noah implements Method {
    private static final String NAME = "noah";

    /** As LoRA's default, whose alpha is twice its rank. */
    private static final double LORA_SCALE = 2;

    /**
     * @param parts the largest of each
     * @param search what may change while the adapter trains
     */
    record Config(HybridParts parts, Search search) implements MethodConfig {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            return parts.json(NAME)
                    .put("parameter_budget", search.budget())
                    .put("supernet_steps", search.steps())
                    .put("search_population", search.population())
                    .put("search_parents", search.parents())
                    .put("search_rounds", search.rounds());
        }

        @Override
        public boolean startsFrom(MethodConfig other) {
            return other instanceof Config noah
                    && noah.parts().rank() == parts.rank()
                    && noah.parts().bottleneck() == parts.bottleneck()
                    && noah.parts().prompt().count() == parts.prompt().count();
        }

        @Override
        public boolean continues(MethodConfig before) {
            return startsFrom(before);
        }

        @Override
        public Adaptation on(Host host) {
            parts.prompt().check(host.model().config());
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
        return new Config(HybridParts.configure(fields, 10, 10, 10), Search.configure(fields));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        return HybridParts.read(adapterConfig, NAME).map(this::configure);
    }

    private static final class Adapted implements Adaptation {
        private static final String SIZES = "sizes";

        private final HybridParts parts;
        private final Host host;
        private final TrainedTensors trained;
        private final Supernet supernet;
        private final Map<String, Double> settings = new LinkedHashMap<>();

        Adapted(Config config, Host host) {
            this.parts = config.parts();
            this.host = host;
            ModelConfig model = host.model().config();
            int keysAndValues = 2 * model.keyValueHeads() * model.headSize();
            List<Linear> adapted = host.model().linears().stream()
                    .filter(linear -> List.of("q", "k", "v", "qkv").contains(linear.name()))
                    .toList();
            TrainedTensors.Builder tensors = new TrainedTensors.Builder();
            parts.addPrefix(tensors, "prompt", model);
            settings.put("prefix.layers", (double) model.layers());
            for (Linear linear : adapted) {
                parts.addLora(tensors, linear, ".noah.");
                settings.put(linear.key() + ".lora.scale", LORA_SCALE);
            }
            for (int layer = 0; layer < model.layers(); layer++) {
                parts.addBottleneck(tensors, layer, model);
            }
            int weights = tensors.build().layout().size();
            trained = tensors.add("noah.sizes", SIZES, 3, model.layers()).build();
            int perRank = adapted.stream()
                            .mapToInt(linear -> linear.inputs() + linear.outputs())
                            .sum()
                    / model.layers();
            List<Part> sizes = List.of(
                    new Part("prompt", sizes(parts.prompt().count()), keysAndValues, 0),
                    new Part("lora", sizes(parts.rank()), perRank, 0),
                    new Part("bottleneck", sizes(parts.bottleneck()), 2 * model.hiddenSize() + 1, model.hiddenSize()));
            supernet = new Supernet(
                    config.search().in(sizes, model.layers()), config.search().steps(), weights);
        }

        /** One, half and all, as NOAH's 1, 5 and 10. */
        private static List<Integer> sizes(int largest) {
            return Stream.of(1, Math.max(1, largest / 2), largest).distinct().toList();
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
            return parts.prompt().count();
        }

        @Override
        public Map<String, Double> settings() {
            return settings;
        }

        /** Sizes are no weights. */
        @Override
        public Optional<FloatBuffer> changing() {
            return Optional.of(trained.changing(parameter -> !parameter.name().equals(SIZES)));
        }

        /** All in use. */
        @Override
        public void initialise(long seed, FloatBuffer into) {
            List<ParameterLayout.Parameter> parameters = trained.layout().parameters();
            parts.initialise(host, seed, parameters.subList(0, parameters.size() - 1), other -> 0, into);
            into.put(supernet.space().largest().flat());
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            return parts.configFile(NAME, baseModel);
        }
    }
}
