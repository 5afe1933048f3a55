package io.millrace.trainer.model;

import java.util.List;
import java.util.OptionalInt;

/** Reads a Hugging Face {@code config.json} of a GPT-2 model. What is absent has the value that transformers gives it. */
final class Gpt2Config {
    /** Names of the same function: gelu by way of tanh. */
    private static final List<String> GELU_BY_TANH = List.of("gelu_new", "gelu_pytorch_tanh", "gelu_fast");

    private Gpt2Config() {}

    static ModelConfig read(Fields fields) {
        if (!GELU_BY_TANH.contains(fields.optionalText("activation_function").orElse("gelu_new"))) {
            throw fields.refused("activation_function", "is not supported; gelu_new is");
        }
        if (!fields.flag("scale_attn_weights", true)) {
            throw fields.refused("scale_attn_weights", "is not supported; true is");
        }
        for (String field : List.of("scale_attn_by_inverse_layer_idx", "add_cross_attention")) {
            if (fields.flag(field, false)) {
                throw fields.refused(field, "is not supported; false is");
            }
        }
        int hiddenSize = fields.optionalCount("n_embd").orElse(768);
        int heads = fields.optionalCount("n_head").orElse(12);
        if (hiddenSize % heads != 0) {
            throw fields.refused("n_embd", "is not a multiple of n_head = " + heads);
        }
        return new ModelConfig(
                "gpt2",
                fields.optionalCount("vocab_size").orElse(50_257),
                hiddenSize,
                fields.optionalCount("n_inner").orElse(4 * hiddenSize),
                fields.optionalCount("n_layer").orElse(12),
                heads,
                heads,
                hiddenSize / heads,
                fields.optionalPositive("layer_norm_epsilon").orElse(1e-5).floatValue(),
                Rope.NONE,
                OptionalInt.empty(),
                List.of(),
                true,
                true,
                true,
                false,
                fields.flag("tie_word_embeddings", true),
                fields.optionalCount("n_positions").orElse(1024));
    }
}
