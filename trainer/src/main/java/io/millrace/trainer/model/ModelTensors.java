package io.millrace.trainer.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tensors that a model's configuration calls for, and its linears. */
final class ModelTensors {
    private final ModelConfig config;
    private final List<ModelTensor> tensors = new ArrayList<>();
    private final List<Linear> linears = new ArrayList<>();

    private ModelTensors(ModelConfig config) {
        this.config = config;
        if (config.isGpt2()) {
            addGpt2();
        } else {
            addLlama();
        }
    }

    static ModelTensors of(ModelConfig config) {
        return new ModelTensors(config);
    }

    List<ModelTensor> all() {
        return List.copyOf(tensors);
    }

    /** In the order of the blocks, and within each in that of the program. */
    List<Linear> linears() {
        return List.copyOf(linears);
    }

    /** Shapes in the file by name. */
    static Map<String, long[]> shapes(ModelConfig config) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        for (ModelTensor tensor : of(config).all()) {
            shapes.put(
                    tensor.name(),
                    tensor.shape().stream().mapToLong(Integer::longValue).toArray());
        }
        return shapes;
    }

    private void addLlama() {
        int hidden = config.hiddenSize();
        int queries = config.heads() * config.headSize();
        int keys = config.keyValueHeads() * config.headSize();
        int middle = config.intermediateSize();
        add("model.embed_tokens.weight", "embedding", config.vocabularySize(), hidden);
        for (int layer = 0; layer < config.layers(); layer++) {
            String block = config.block(layer);
            String attention = block + ".self_attn.";
            add(block + ".input_layernorm.weight", layer + ".input_norm", hidden);
            addLinears(
                    layer + ".qkv",
                    config.attentionBias(),
                    new Linear(attention + "q_proj", hidden, queries),
                    new Linear(attention + "k_proj", hidden, keys),
                    new Linear(attention + "v_proj", hidden, keys));
            addLinears(layer + ".o", config.outputBias(), new Linear(attention + "o_proj", queries, hidden));
            addLinears(
                    layer + ".gate_up",
                    config.mlpBias(),
                    new Linear(block + ".mlp.gate_proj", hidden, middle),
                    new Linear(block + ".mlp.up_proj", hidden, middle));
            addLinears(layer + ".down", config.mlpBias(), new Linear(block + ".mlp.down_proj", middle, hidden));
            if (config.headNorms()) {
                addHeadNorm(attention + "q_norm.weight", layer + ".q_norm", layer, 0, config.heads());
                addHeadNorm(
                        attention + "k_norm.weight", layer + ".k_norm", layer, config.heads(), config.keyValueHeads());
            }
            add(block + ".post_attention_layernorm.weight", layer + ".middle_norm", hidden);
        }
        add("model.norm.weight", "norm", hidden);
        addHead(hidden);
    }

    private void addGpt2() {
        int hidden = config.hiddenSize();
        int middle = config.intermediateSize();
        add("transformer.wte.weight", "embedding", config.vocabularySize(), hidden);
        add("transformer.wpe.weight", "embedding.positions", config.contextLength(), hidden);
        for (int layer = 0; layer < config.layers(); layer++) {
            String block = config.block(layer);
            addLayerNorm(block + ".ln_1", layer + ".input_norm", hidden);
            addConv1d(layer + ".qkv", block + ".attn.c_attn", hidden, 3 * hidden);
            addConv1d(layer + ".o", block + ".attn.c_proj", hidden, hidden);
            addConv1d(layer + ".up", block + ".mlp.c_fc", hidden, middle);
            addConv1d(layer + ".down", block + ".mlp.c_proj", middle, hidden);
            addLayerNorm(block + ".ln_2", layer + ".middle_norm", hidden);
        }
        addLayerNorm("transformer.ln_f", "norm", hidden);
        addHead(hidden);
    }

    private void addHead(int hidden) {
        if (!config.tiedEmbeddings()) {
            add("lm_head.weight", "head", config.vocabularySize(), hidden);
        }
    }

    private void addLayerNorm(String path, String key, int hidden) {
        add(path + ".weight", key, hidden);
        add(path + ".bias", key + ".bias", hidden);
    }

    private void addConv1d(String key, String path, int inputs, int outputs) {
        addLinears(key, true, new Linear(path, key, inputs, outputs, true));
    }

    private void add(String name, String key, Integer... shape) {
        tensors.add(new ModelTensor(name, Arrays.asList(shape), key, key, 0, 0, false));
    }

    private void addHeadNorm(String name, String key, int layer, int row, int heads) {
        tensors.add(new ModelTensor(name, List.of(config.headSize()), key, layer + ".head_norm", row, heads, false));
    }

    /** Linears that read the same are stacked. */
    private void addLinears(String held, boolean biases, Linear... members) {
        int row = 0;
        for (Linear linear : members) {
            List<Integer> shape = linear.transposed()
                    ? List.of(linear.inputs(), linear.outputs())
                    : List.of(linear.outputs(), linear.inputs());
            addPart(linear, ".weight", shape, held, row);
            if (biases) {
                addPart(linear, ".bias", List.of(linear.outputs()), held, row);
            }
            linears.add(linear);
            row += linear.outputs();
        }
    }

    private void addPart(Linear linear, String what, List<Integer> shape, String held, int row) {
        boolean transposed = linear.transposed() && shape.size() == 2;
        tensors.add(new ModelTensor(linear.path() + what, shape, linear.key() + what, held + what, row, 0, transposed));
    }
}
