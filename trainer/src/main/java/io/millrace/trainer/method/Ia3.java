package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.peft.TargetModules;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * IA3 (https://arxiv.org/abs/2205.05638): what some linears give is scaled, number by number; of others, the feed-forward
 * ones, what they read. It starts with ones.
 */
public final class Ia3 implements Method {
    private static final String NAME = "ia3";
    private static final String PEFT_TYPE = "IA3";

    /** PEFT's, for Llama-like models. */
    private static final Targets LLAMA = Targets.of(List.of("k_proj", "v_proj", "down_proj"), "down_proj");

    private static final Targets GPT2 = Targets.of(List.of("c_attn", "mlp.c_proj"), "mlp.c_proj");

    /**
     * @param all the linears that change
     * @param feedForward those of them whose input is scaled; absent: none
     */
    record Targets(TargetModules all, Optional<TargetModules> feedForward) {
        static Targets of(List<String> names, String feedForward) {
            return new Targets(
                    new TargetModules.Suffixes(names), Optional.of(new TargetModules.Suffixes(List.of(feedForward))));
        }

        /** PEFT asks that of two lists the one be part of the other. */
        Targets {
            for (String name : names(feedForward)) {
                if (all instanceof TargetModules.Suffixes list
                        && !list.suffixes().contains(name)) {
                    throw new IllegalArgumentException(
                            "feedforward_modules has \"%s\", which is not in target_modules %s; add it there"
                                    .formatted(name, list.suffixes()));
                }
            }
        }

        private static List<String> names(Optional<TargetModules> targets) {
            return targets.orElse(null) instanceof TargetModules.Suffixes list ? list.suffixes() : List.of();
        }

        List<String> paths(List<String> linears) {
            return all.among("target_modules", "linear", linears);
        }

        List<String> feedForwardPaths(List<String> linears) {
            List<String> paths = paths(linears);
            return feedForward
                    .map(some -> some.among("feedforward_modules", "linear", linears))
                    .orElse(List.of())
                    .stream()
                    .filter(paths::contains)
                    .toList();
        }
    }

    /** @param targets absent: those that models of the kind usually train */
    record Config(Optional<Targets> targets) implements MethodConfig {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            ObjectNode json = JsonNodeFactory.instance.objectNode().put("method", NAME);
            json.set("target_modules", AdapterConfigFile.json(targets.map(Targets::all)));
            targets.ifPresent(some -> json.set(
                    "feedforward_modules",
                    some.feedForward().map(TargetModules::json).orElse(AdapterConfigFile.names(List.of()))));
            return json;
        }

        @Override
        public Adaptation on(Host host) {
            Targets usual = host.model().config().isGpt2() ? GPT2 : LLAMA;
            return new Adapted(targets.orElse(usual), host.model().linears());
        }
    }

    @Override
    public Traits traits() {
        return new Traits(NAME, 1e-2, "tiny files and no cost once merged, for small changes: it learns slowly")
                .merging()
                .savingModules();
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        boolean none = fields.isNone("feedforward_modules");
        Optional<TargetModules> feedForward = fields.targets("feedforward_modules");
        Optional<TargetModules> all = fields.targets("target_modules");
        if (all.isEmpty() && (none || feedForward.isPresent())) {
            throw new IllegalArgumentException(
                    "feedforward_modules is given without target_modules; give both or none");
        }
        boolean isList = all.filter(TargetModules.Suffixes.class::isInstance).isPresent();
        if (all.isPresent() && !isList && !none && feedForward.isEmpty()) {
            throw new IllegalArgumentException(
                    "feedforward_modules is absent; beside target_modules that is no list, say which they are, or []");
        }
        return new Config(all.map(
                some -> new Targets(some, none ? Optional.empty() : feedForward.or(() -> usual(some)))));
    }

    /** Of those named, the ones that are feed-forward in models of some kind. */
    private static Optional<TargetModules> usual(TargetModules all) {
        return Stream.of(LLAMA, GPT2)
                .flatMap(usual -> usual.feedForward().stream())
                .filter(usual -> all instanceof TargetModules.Suffixes names
                        && usual instanceof TargetModules.Suffixes one
                        && names.suffixes().containsAll(one.suffixes()))
                .findFirst();
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        if (!AdapterConfigFile.isOfPeftType(adapterConfig, PEFT_TYPE)) {
            return Optional.empty();
        }
        AdapterConfigFile.refuse(adapterConfig, "exclude_modules");
        ConfigFields fields =
                new ConfigFields(NAME, adapterConfig.deepCopy().retain("target_modules", "feedforward_modules"));
        return Optional.of(configure(fields));
    }

    /** @param transposed whether files hold linears as [inputs, outputs] */
    private record Adapted(Targets targets, List<String> linears, boolean transposed, TrainedTensors trained)
            implements Adaptation {
        Adapted(Targets targets, List<Linear> linears) {
            this(
                    targets,
                    linears.stream().map(Linear::path).toList(),
                    linears.get(0).transposed(),
                    tensors(targets, linears));
        }

        private static TrainedTensors tensors(Targets targets, List<Linear> linears) {
            List<String> all = linears.stream().map(Linear::path).toList();
            List<String> paths = targets.paths(all);
            List<String> feedForward = targets.feedForwardPaths(all);
            TrainedTensors.Builder tensors = new TrainedTensors.Builder();
            for (Linear linear : linears) {
                String name = "base_model.model." + linear.path() + ".ia3_l";
                if (feedForward.contains(linear.path())) {
                    tensors.add(linear.key() + ".ia3.in", name, 1, linear.inputs());
                } else if (paths.contains(linear.path())) {
                    tensors.add(linear.key() + ".ia3.out", name, linear.outputs(), 1);
                }
            }
            return tensors.build();
        }

        @Override
        public String method() {
            return NAME;
        }

        @Override
        public void initialise(long seed, FloatBuffer into) {
            while (into.hasRemaining()) {
                into.put(1);
            }
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            ObjectNode json = AdapterConfigFile.ofPeftType(PEFT_TYPE, baseModel)
                    .putNull("exclude_modules")
                    .put("fan_in_fan_out", transposed)
                    .put("init_ia3_weights", true);
            boolean byName = targets.all() instanceof TargetModules.Suffixes
                    && targets.feedForward()
                            .filter(TargetModules.Regex.class::isInstance)
                            .isEmpty();
            List<String> paths = targets.paths(linears);
            List<String> feedForward = targets.feedForwardPaths(linears);
            json.set(
                    "target_modules",
                    byName ? AdapterConfigFile.written(targets.all(), paths) : AdapterConfigFile.names(paths));
            json.set(
                    "feedforward_modules",
                    AdapterConfigFile.names(byName ? Targets.names(targets.feedForward()) : feedForward));
            return AdapterConfigFile.write(json);
        }
    }
}
