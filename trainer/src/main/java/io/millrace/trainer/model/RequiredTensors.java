package io.millrace.trainer.model;

import java.nio.file.Path;
import java.util.Arrays;

/** Holds a model's weights to its configuration: every tensor that it calls for is there, and has the right shape. */
final class RequiredTensors {
    private final Path source;
    private final ModelConfig config;
    private final Weights weights;

    private RequiredTensors(Path source, ModelConfig config, Weights weights) {
        this.source = source;
        this.config = config;
        this.weights = weights;
    }

    /** @throws ModelFormatException naming the source and the first tensor that is missing or has another shape */
    static void check(Path source, ModelConfig config, Weights weights) {
        new RequiredTensors(source, config, weights).check();
    }

    private void check() {
        int hidden = config.hiddenSize();
        require("model.embed_tokens.weight", config.vocabularySize(), hidden);
        require("model.norm.weight", hidden);
        if (!config.tiedEmbeddings()) {
            require("lm_head.weight", config.vocabularySize(), hidden);
        }
        for (int layer = 0; layer < config.layers(); layer++) {
            checkLayer("model.layers." + layer + ".");
        }
    }

    private void checkLayer(String prefix) {
        long hidden = config.hiddenSize();
        long queries = (long) config.heads() * config.headSize();
        long keyValues = (long) config.keyValueHeads() * config.headSize();
        long intermediate = config.intermediateSize();
        require(prefix + "input_layernorm.weight", hidden);
        require(prefix + "post_attention_layernorm.weight", hidden);
        requireLinear(prefix + "self_attn.q_proj", queries, hidden, config.attentionBias());
        requireLinear(prefix + "self_attn.k_proj", keyValues, hidden, config.attentionBias());
        requireLinear(prefix + "self_attn.v_proj", keyValues, hidden, config.attentionBias());
        requireLinear(prefix + "self_attn.o_proj", hidden, queries, config.outputBias());
        requireLinear(prefix + "mlp.gate_proj", intermediate, hidden, config.mlpBias());
        requireLinear(prefix + "mlp.up_proj", intermediate, hidden, config.mlpBias());
        requireLinear(prefix + "mlp.down_proj", hidden, intermediate, config.mlpBias());
        if (config.headNorms()) {
            require(prefix + "self_attn.q_norm.weight", config.headSize());
            require(prefix + "self_attn.k_norm.weight", config.headSize());
        }
    }

    private void requireLinear(String name, long outputs, long inputs, boolean bias) {
        require(name + ".weight", outputs, inputs);
        if (bias) {
            require(name + ".bias", outputs);
        }
    }

    private void require(String name, long... shape) {
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
