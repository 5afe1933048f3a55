package io.millrace.trainer.model;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Hugging Face {@code config.json} of a Llama, Mistral, Qwen2, Qwen3 or GPT-2 model. What is absent has the value that
 * transformers' configuration class gives it.
 */
final class HuggingFaceConfig {
    private static final int MISTRAL_SLIDING_WINDOW = 4096;
    private static final int QWEN_SLIDING_WINDOW = 4096;
    private static final int QWEN_MAX_WINDOW_LAYERS = 28;
    private static final int QWEN3_HEAD_SIZE = 128;

    private final Fields fields;
    private final String architecture;

    private HuggingFaceConfig(Fields fields) {
        this.fields = fields;
        this.architecture = fields.text("model_type");
    }

    static ModelConfig read(Fields fields) {
        HuggingFaceConfig config = new HuggingFaceConfig(fields);
        config.checkSupported();
        return config.isAny("gpt2") ? Gpt2Config.read(fields) : config.read();
    }

    private void checkSupported() {
        if (!isAny("llama", "mistral", "qwen2", "qwen3", "gpt2")) {
            throw fields.refused("model_type", "is not supported; llama, mistral, qwen2, qwen3 and gpt2 are");
        }
        if (fields.has("quantization_config")) {
            throw fields.refused("quantization_config", "is not supported; use the unquantised model or a GGUF file");
        }
    }

    private ModelConfig read() {
        String activation = fields.optionalText("hidden_act").orElse("silu");
        if (!activation.equals("silu") && !activation.equals("swish")) {
            throw fields.refused("hidden_act", "is not supported; silu is");
        }
        int hiddenSize = fields.count("hidden_size");
        int layers = fields.count("num_hidden_layers");
        int heads = fields.count("num_attention_heads");
        int headSize = headSize(hiddenSize, heads);
        int contextLength = fields.count("max_position_embeddings");
        OptionalInt slidingWindow = slidingWindow();
        List<Boolean> slidingLayers = slidingWindow.isPresent() ? slidingLayers(layers) : List.of();
        boolean anySlides = slidingLayers.isEmpty() || slidingLayers.contains(true);
        boolean biasesGiven = isAny("llama", "qwen3") && fields.flag("attention_bias", false);
        try {
            return new ModelConfig(
                    architecture,
                    fields.count("vocab_size"),
                    hiddenSize,
                    fields.count("intermediate_size"),
                    layers,
                    heads,
                    fields.optionalCount("num_key_value_heads").orElse(heads),
                    headSize,
                    fields.optionalPositive("rms_norm_eps").orElse(1e-6).floatValue(),
                    HuggingFaceRope.read(fields, headSize, contextLength),
                    anySlides ? slidingWindow : OptionalInt.empty(),
                    anySlides ? slidingLayers : List.of(),
                    isAny("qwen2") || biasesGiven,
                    biasesGiven,
                    isAny("llama") && fields.flag("mlp_bias", false),
                    isAny("qwen3"),
                    fields.flag("tie_word_embeddings", false),
                    contextLength);
        } catch (IllegalArgumentException e) {
            throw fields.refused(String.valueOf(e.getMessage()));
        }
    }

    private boolean isAny(String... architectures) {
        return List.of(architectures).contains(architecture);
    }

    private int headSize(int hiddenSize, int heads) {
        OptionalInt given = fields.optionalCount("head_dim");
        if (given.isPresent()) {
            return given.getAsInt();
        }
        if (isAny("qwen3")) {
            return QWEN3_HEAD_SIZE;
        }
        if (hiddenSize % heads != 0) {
            throw fields.refused("hidden_size", "is not a multiple of num_attention_heads = " + heads);
        }
        return hiddenSize / heads;
    }

    private OptionalInt slidingWindow() {
        if (isAny("mistral")) {
            return fields.declares("sliding_window")
                    ? fields.optionalCount("sliding_window")
                    : OptionalInt.of(MISTRAL_SLIDING_WINDOW);
        }
        if (isAny("qwen2", "qwen3") && fields.flag("use_sliding_window", false)) {
            return fields.declares("sliding_window")
                    ? fields.optionalCount("sliding_window")
                    : OptionalInt.of(QWEN_SLIDING_WINDOW);
        }
        return OptionalInt.empty();
    }

    /** Empty for Mistral, all of whose layers slide. */
    private List<Boolean> slidingLayers(int layers) {
        if (isAny("mistral")) {
            return List.of();
        }
        return fields.optionalList("layer_types")
                .map(types -> types.stream().map(this::slides).toList())
                .orElseGet(() -> {
                    int full = fields.optionalCount("max_window_layers").orElse(QWEN_MAX_WINDOW_LAYERS);
                    return IntStream.range(0, layers).mapToObj(i -> i >= full).toList();
                });
    }

    private boolean slides(@Nullable Object layerType) {
        return switch (String.valueOf(layerType)) {
            case "sliding_attention" -> true;
            case "full_attention" -> false;
            default -> throw fields.refused("layer_types", "has the unknown type " + layerType);
        };
    }
}
