package io.millrace.trainer.tokenizer;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that frame a text, as strings of the vocabulary.
 *
 * @param bos begin of sequence
 * @param eos end of sequence; for chat models usually the end of a turn
 * @param pad filler of shorter sequences
 * @param addBos whether texts get bos in front; absent: as the tokenizer's own post-processor does
 */
public record SpecialTokens(
        Optional<String> bos, Optional<String> eos, Optional<String> pad, Optional<Boolean> addBos) {

    /** @param config {@code tokenizer_config.json} as JSON values */
    public static SpecialTokens of(Map<String, Object> config) {
        return new SpecialTokens(
                content(config, "bos_token"),
                content(config, "eos_token"),
                content(config, "pad_token"),
                flag(config.get("add_bos_token")));
    }

    /**
     * @param metadata a GGUF file's metadata
     * @throws TokenizerFormatException if a token id is outside of the vocabulary
     */
    public static SpecialTokens ofGguf(Map<String, Object> metadata) {
        return new SpecialTokens(
                GgufTokenizer.token(metadata, "tokenizer.ggml.bos_token_id"),
                GgufTokenizer.token(metadata, "tokenizer.ggml.eos_token_id"),
                GgufTokenizer.token(metadata, "tokenizer.ggml.padding_token_id"),
                Optional.empty());
    }

    private static Optional<String> content(Map<String, Object> config, String field) {
        Object value = config.get(field);
        Object text = value instanceof Map<?, ?> token ? token.get("content") : value;
        return text instanceof String string && !string.isEmpty() ? Optional.of(string) : Optional.empty();
    }

    private static Optional<Boolean> flag(@Nullable Object value) {
        return value instanceof Boolean bool ? Optional.of(bool) : Optional.empty();
    }
}
