package io.millrace.trainer.model;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** The tensors that a model's configuration calls for, and whether its weights have them. */
final class RequiredTensors {
    private final ModelConfig config;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    private RequiredTensors(ModelConfig config) {
        this.config = config;
    }

    /** Their shapes by name. */
    static Map<String, long[]> shapes(ModelConfig config) {
        RequiredTensors required = new RequiredTensors(config);
        required.addAll();
        return required.shapes;
    }

    /** @throws ModelFormatException naming the source and the first tensor that is missing or has another shape */
    static void check(Path source, ModelConfig config, Weights weights) {
        shapes(config).forEach((name, shape) -> check(source, name, shape, weights));
    }

    private void addAll() {
        int hidden = config.hiddenSize();
        add("model.embed_tokens.weight", config.vocabularySize(), hidden);
        add("model.norm.weight", hidden);
        if (!config.tiedEmbeddings()) {
            add("lm_head.weight", config.vocabularySize(), hidden);
        }
        for (int layer = 0; layer < config.layers(); layer++) {
            addLayer("model.layers." + layer + ".");
        }
    }

    private void addLayer(String prefix) {
        long hidden = config.hiddenSize();
        long queries = (long) config.heads() * config.headSize();
        long keyValues = (long) config.keyValueHeads() * config.headSize();
        long intermediate = config.intermediateSize();
        add(prefix + "input_layernorm.weight", hidden);
        add(prefix + "post_attention_layernorm.weight", hidden);
        addLinear(prefix + "self_attn.q_proj", queries, hidden, config.attentionBias());
        addLinear(prefix + "self_attn.k_proj", keyValues, hidden, config.attentionBias());
        addLinear(prefix + "self_attn.v_proj", keyValues, hidden, config.attentionBias());
        addLinear(prefix + "self_attn.o_proj", hidden, queries, config.outputBias());
        addLinear(prefix + "mlp.gate_proj", intermediate, hidden, config.mlpBias());
        addLinear(prefix + "mlp.up_proj", intermediate, hidden, config.mlpBias());
        addLinear(prefix + "mlp.down_proj", hidden, intermediate, config.mlpBias());
        if (config.headNorms()) {
            add(prefix + "self_attn.q_norm.weight", config.headSize());
            add(prefix + "self_attn.k_norm.weight", config.headSize());
        }
    }

    private void addLinear(String name, long outputs, long inputs, boolean bias) {
        add(name + ".weight", outputs, inputs);
        if (bias) {
            add(name + ".bias", outputs);
        }
    }

    private void add(String name, long... shape) {
        shapes.put(name, shape);
    }

    private static void check(Path source, String name, long[] shape, Weights weights) {
        if (!weights.names().contains(name)) {
            throw new ModelFormatException(source, name, "is missing, but the configuration calls for it");
        }
        long[] found = weights.shape(name);
        if (!Arrays.equals(found, shape)) {
            throw new ModelFormatException(
                    source,
                    name,
                    "has shape %s, but the configuration calls for %s"
                            .formatted(Arrays.toString(found), Arrays.toString(shape)));
        }
    }
}
