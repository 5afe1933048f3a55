package io.millrace.trainer.model;

import java.util.List;
import java.util.OptionalInt;

/** Reads the configuration of a Llama, Qwen2 or Qwen3 model from a GGUF file; Mistral's files say {@code llama}. */
final class GgufConfig {
    private final GgufFile file;
    private final String architecture;
    private final Fields fields;

    private GgufConfig(GgufFile file) {
        Fields general = new Fields(file.path(), "general.", file.metadata());
        this.file = file;
        this.architecture = general.text("architecture");
        this.fields = new Fields(file.path(), architecture + ".", file.metadata());
        if (!List.of("llama", "qwen2", "qwen3").contains(architecture)) {
            throw general.refused("architecture", "is not supported; llama (Mistral, too), qwen2 and qwen3 are");
        }
    }

    static ModelConfig read(GgufFile file) {
        return new GgufConfig(file).read();
    }

    private ModelConfig read() {
        if (fields.optionalWhole("expert_count").orElse(0) != 0) {
            throw fields.refused("expert_count", "is not supported: mixtures of experts aren't");
        }
        Fields split = new Fields(file.path(), "split.", file.metadata());
        if (split.optionalWhole("count").orElse(1) > 1) {
            throw split.refused("count", "is not supported; join the parts with llama-gguf-split --merge");
        }
        int hiddenSize = fields.count("embedding_length");
        int heads = fields.count("attention.head_count");
        int headSize = headSize(hiddenSize, heads);
        int contextLength = fields.count("context_length");
        try {
            return new ModelConfig(
                    architecture,
                    vocabularySize(),
                    hiddenSize,
                    fields.count("feed_forward_length"),
                    fields.count("block_count"),
                    heads,
                    fields.optionalCount("attention.head_count_kv").orElse(heads),
                    headSize,
                    (float) fields.positive("attention.layer_norm_rms_epsilon"),
                    GgufRope.read(file, fields, headSize, contextLength),
                    slidingWindow(),
                    List.of(),
                    architecture.equals("qwen2") || hasTensor("blk.0.attn_q.bias"),
                    hasTensor("blk.0.attn_output.bias"),
                    hasTensor("blk.0.ffn_up.bias"),
                    architecture.equals("qwen3"),
                    !hasTensor("output.weight"),
                    contextLength);
        } catch (IllegalArgumentException e) {
            throw fields.refused(String.valueOf(e.getMessage()));
        }
    }

    private boolean hasTensor(String name) {
        return file.tensors().containsKey(name);
    }

    private int headSize(int hiddenSize, int heads) {
        int headSize = fields.optionalCount("attention.key_length").orElse(hiddenSize / heads);
        for (String field : List.of("attention.value_length", "rope.dimension_count")) {
            if (fields.optionalCount(field).orElse(headSize) != headSize) {
                throw fields.refused(
                        field, "differs from the head size of %d, which is not supported".formatted(headSize));
            }
        }
        return headSize;
    }

    private int vocabularySize() {
        StoredTensor embedding = file.tensors().get("token_embd.weight");
        if (embedding == null) {
            throw new ModelFormatException(file.path(), "token_embd.weight", "is missing");
        }
        return (int) Math.min(embedding.shape()[0], Integer.MAX_VALUE);
    }

    /** Other architectures' windows are not in their files. */
    private OptionalInt slidingWindow() {
        boolean given = architecture.equals("llama")
                && fields.optionalWhole("attention.sliding_window").orElse(0) != 0;
        return given ? fields.optionalCount("attention.sliding_window") : OptionalInt.empty();
    }
}
