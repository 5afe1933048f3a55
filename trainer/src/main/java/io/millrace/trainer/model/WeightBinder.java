package io.millrace.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Reads a model's tensors straight into native memory that the program then holds; linears that share their input are
 * stacked into one.
 */
final class WeightBinder {
    /** A tensor of the file. */
    private record Source(String name, long... shape) {}

    private final BaseModel model;
    private final ModelConfig config;
    private final Weights weights;

    WeightBinder(BaseModel model, Weights weights) {
        this.model = model;
        this.config = model.config();
        this.weights = weights;
    }

    void bindAll() {
        int hidden = config.hiddenSize();
        int vocabulary = config.vocabularySize();
        bind("embedding", List.of(new Source("model.embed_tokens.weight", vocabulary, hidden)), vocabulary, hidden);
        bind("norm", List.of(new Source("model.norm.weight", hidden)), hidden);
        if (!config.tiedEmbeddings()) {
            bind("head", List.of(new Source("lm_head.weight", vocabulary, hidden)), vocabulary, hidden);
        }
        bindFrequencies();
        List<Linear> linears = model.linears();
        for (int layer = 0; layer < config.layers(); layer++) {
            String file = "model.layers." + layer + ".";
            List<Linear> block = linears.subList(7 * layer, 7 * layer + 7);
            bind(layer + ".input_norm", List.of(new Source(file + "input_layernorm.weight", hidden)), hidden);
            bindLinears(layer + ".qkv", block.subList(0, 3), config.attentionBias());
            bindLinears(layer + ".o", block.subList(3, 4), config.outputBias());
            bind(layer + ".middle_norm", List.of(new Source(file + "post_attention_layernorm.weight", hidden)), hidden);
            bindLinears(layer + ".gate_up", block.subList(4, 6), config.mlpBias());
            bindLinears(layer + ".down", block.subList(6, 7), config.mlpBias());
            if (config.headNorms()) {
                bindHeadNorm(layer + ".head_norm", file + "self_attn.");
            }
        }
    }

    private void bindLinears(String name, List<Linear> linears, boolean bias) {
        int inputs = linears.get(0).inputs();
        int outputs = linears.stream().mapToInt(Linear::outputs).sum();
        bind(
                name + ".weight",
                linears.stream()
                        .map(one -> new Source(one.path() + ".weight", one.outputs(), inputs))
                        .toList(),
                outputs,
                inputs);
        if (bias) {
            bind(
                    name + ".bias",
                    linears.stream()
                            .map(one -> new Source(one.path() + ".bias", one.outputs()))
                            .toList(),
                    outputs);
        }
    }

    /** One row per head, those of q and then those of k. */
    private void bindHeadNorm(String name, String file) {
        int size = config.headSize();
        List<Source> rows = new ArrayList<>();
        rows.addAll(Collections.nCopies(config.heads(), new Source(file + "q_norm.weight", size)));
        rows.addAll(Collections.nCopies(config.keyValueHeads(), new Source(file + "k_norm.weight", size)));
        bind(name, rows, rows.size(), size);
    }

    private void bindFrequencies() {
        float[] frequencies = config.rope().inverseFrequencies();
        try (NDManager scope = model.newScope()) {
            allocate(scope, "frequencies", frequencies.length).asFloatBuffer().put(frequencies);
        }
    }

    private void bind(String name, List<Source> sources, long... shape) {
        try (NDManager scope = model.newScope()) {
            ByteBuffer memory = allocate(scope, name, shape);
            for (Source source : sources) {
                long[] stored = weights.shape(source.name());
                if (!Arrays.equals(stored, source.shape())) {
                    throw new IllegalArgumentException("tensor %s has shape %s; the model's config makes it %s"
                            .formatted(source.name(), Arrays.toString(stored), Arrays.toString(source.shape())));
                }
                weights.read(source.name(), model.type(), memory);
            }
        }
    }

    private ByteBuffer allocate(NDManager scope, String name, long... shape) {
        NDArray sizes = NativeArrays.of(scope, shape);
        sizes.setName("shapes." + name);
        return NativeArrays.memory(
                model.run(scope, "allocate", new NDList(sizes)).singletonOrThrow());
    }
}
