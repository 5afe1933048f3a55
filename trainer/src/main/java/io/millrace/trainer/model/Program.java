package io.millrace.trainer.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The program that computes with the weights: TorchScript, in the resource files of the folder {@code program}. */
final class Program {
    /** One class, whose methods Java calls. */
    private static final List<String> CLASS_FILES = List.of("program", "inference", "training", "lora_training");

    private static final List<String> FILES = List.of(
            "block",
            "trained_block",
            "linear",
            "nf4",
            "trained_linear",
            "lora",
            "norm",
            "rotary",
            "attention",
            "room",
            "loss",
            "autograd",
            "adapter");

    private Program() {}

    /**
     * The program for this model, without its weights.
     *
     * @param kernels whether it calls {@link Kernels}, or has the engine do the same
     */
    static byte[] archive(ModelConfig config, FloatType type, boolean kernels) {
        Map<String, String> sources = new LinkedHashMap<>();
        sources.put(
                "program",
                CLASS_FILES.stream().map(file -> read(file).orElseThrow()).collect(Collectors.joining("\n")));
        FILES.forEach(file -> sources.put(file, read(file).orElseThrow()));
        sources.put("fused", read(kernels ? "fused/native" : "fused/engine").orElseThrow());
        Map<String, String> fragments = fragments();
        fragments.forEach((name, text) -> sources.put("methods." + name, text));
        sources.put("hooks", Hooks.of(read("hooks").orElseThrow(), fragments));
        List<Integer> windowed = IntStream.range(0, config.layers())
                .mapToObj(layer -> config.slidingWindow().isPresent()
                                && (config.slidingLayers().isEmpty()
                                        || config.slidingLayers().get(layer))
                        ? 1
                        : 0)
                .toList();
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("dtype", type == FloatType.BFLOAT16 ? 15 : 6);
        attributes.put("layers", config.layers());
        attributes.put("heads", config.heads());
        attributes.put("key_heads", config.keyValueHeads());
        attributes.put("head_size", config.headSize());
        attributes.put("middle", config.intermediateSize());
        attributes.put("epsilon", config.normEpsilon());
        attributes.put("attention_factor", config.rope().attentionFactor());
        attributes.put("window", config.slidingWindow().orElse(0));
        attributes.put("windowed", windowed);
        return TorchArchive.write(sources, attributes);
    }

    /** In the order of their registration. */
    private static Map<String, String> fragments() {
        Map<String, String> fragments = new LinkedHashMap<>();
        for (Fragment fragment : ServiceLoader.load(Fragment.class, Program.class.getClassLoader())) {
            read("methods/" + fragment.name()).ifPresent(text -> fragments.put(fragment.name(), text));
        }
        return fragments;
    }

    private static Optional<String> read(String file) {
        try (InputStream text = Program.class.getResourceAsStream("program/" + file + ".py")) {
            return text == null
                    ? Optional.empty()
                    : Optional.of(new String(text.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
