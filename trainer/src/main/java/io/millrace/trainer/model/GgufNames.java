package io.millrace.trainer.model;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The Hugging Face names of a Llama-like model's tensors in a GGUF file. */
final class GgufNames {
    private static final Pattern IN_LAYER = Pattern.compile("blk\\.(\\d+)\\.(\\w+)\\.(weight|bias)");

    private static final Map<String, String> OUTSIDE = Map.of(
            "token_embd.weight", "model.embed_tokens.weight",
            "output_norm.weight", "model.norm.weight",
            "output.weight", "lm_head.weight");

    private static final Map<String, String> MODULES = Map.ofEntries(
            Map.entry("attn_norm", "input_layernorm"),
            Map.entry("attn_q", "self_attn.q_proj"),
            Map.entry("attn_k", "self_attn.k_proj"),
            Map.entry("attn_v", "self_attn.v_proj"),
            Map.entry("attn_output", "self_attn.o_proj"),
            Map.entry("attn_q_norm", "self_attn.q_norm"),
            Map.entry("attn_k_norm", "self_attn.k_norm"),
            Map.entry("ffn_norm", "post_attention_layernorm"),
            Map.entry("ffn_gate", "mlp.gate_proj"),
            Map.entry("ffn_up", "mlp.up_proj"),
            Map.entry("ffn_down", "mlp.down_proj"));

    private GgufNames() {}

    /** Empty for tensors that a Llama-like model doesn't have, such as {@code rope_freqs.weight}. */
    static Optional<String> huggingFace(String name) {
        Matcher matcher = IN_LAYER.matcher(name);
        if (!matcher.matches()) {
            return Optional.ofNullable(OUTSIDE.get(name));
        }
        return Optional.ofNullable(MODULES.get(matcher.group(2)))
                .map(module -> "model.layers.%s.%s.%s".formatted(matcher.group(1), module, matcher.group(3)));
    }
}
