package io.millrace.trainer.peft;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The modules of a Hugging Face model that are no linears of its blocks, by their paths. */
final class OtherModules {
    private static final List<String> OF_A_BLOCK = List.of(
            "input_layernorm", "post_attention_layernorm", "self_attn.q_norm", "self_attn.k_norm", "mlp.act_fn");
    private static final List<String> OF_A_BLOCK_OF_GPT2 =
            List.of("ln_1", "ln_2", "attn.attn_dropout", "attn.resid_dropout", "mlp.act", "mlp.dropout");

    private OtherModules() {}

    /** Those outside of the blocks, and in the blocks of the given linears. */
    static Set<String> around(List<String> linears) {
        boolean gpt2 = linears.stream().anyMatch(path -> path.startsWith("transformer."));
        Set<String> paths = new LinkedHashSet<>(
                gpt2
                        ? List.of(
                                "transformer.wte", "transformer.wpe", "transformer.drop", "transformer.ln_f", "lm_head")
                        : List.of("model.embed_tokens", "model.norm", "model.rotary_emb", "lm_head"));
        for (String linear : linears) {
            String part = parent(linear);
            (gpt2 ? OF_A_BLOCK_OF_GPT2 : OF_A_BLOCK).forEach(name -> paths.add(parent(part) + "." + name));
            for (String parent = part; !parent.isEmpty(); parent = parent(parent)) {
                paths.add(parent);
            }
        }
        return paths;
    }

    private static String parent(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('.')));
    }
}
