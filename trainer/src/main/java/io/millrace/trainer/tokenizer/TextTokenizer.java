package io.millrace.trainer.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A model's tokenizer: text to token ids and back. Special tokens that stand in the text are recognised, none are added.
 * Safe for use by several threads.
 */
public final class TextTokenizer implements AutoCloseable {
    private final HuggingFaceTokenizer tokenizer;
    private final Map<String, Integer> vocabulary;
    private final int vocabularySize;
    private final Optional<String> leadingToken;
    private final boolean addsLeadingSpace;
    private final Optional<TokenBound> bound;

    private TextTokenizer(ObjectNode json, String source) {
        this.vocabulary = TokenizerJson.vocabulary(json);
        this.vocabularySize = vocabulary.values().stream().max(Integer::compare).orElse(-1) + 1;
        this.leadingToken = TokenizerJson.leadingToken(json.path("post_processor"));
        this.addsLeadingSpace = TokenizerJson.addsLeadingSpace(json.path("normalizer"))
                || TokenizerJson.addsLeadingSpace(json.path("pre_tokenizer"));
        this.bound = TokenBound.of(json, vocabulary);
        try {
            this.tokenizer = HuggingFaceTokenizer.newInstance(
                    new ByteArrayInputStream(TokenizerJson.bare(json)),
                    Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
        } catch (IOException | RuntimeException e) {
            throw new TokenizerFormatException(source + ": is not a tokenizer that can be used: " + e.getMessage(), e);
        }
    }

    /**
     * @param tokenizerJson a Hugging Face {@code tokenizer.json}
     * @throws TokenizerFormatException if the file can't be read or isn't a tokenizer
     */
    public static TextTokenizer of(Path tokenizerJson) {
        return new TextTokenizer(TokenizerJson.read(tokenizerJson), tokenizerJson.toString());
    }

    /**
     * @param metadata a GGUF file's metadata: its {@code tokenizer.ggml.*} fields, arrays as lists
     * @throws TokenizerFormatException if fields are missing or malformed, or the kind of tokenizer is unknown
     */
    public static TextTokenizer ofGguf(Map<String, Object> metadata) {
        return new TextTokenizer(GgufTokenizer.json(metadata), "GGUF metadata tokenizer.ggml");
    }

    /** @throws IllegalArgumentException if the text has a NUL character or half a surrogate pair */
    public Encoding encode(String text) {
        InvalidText.in(text).ifPresent(reason -> {
            throw new IllegalArgumentException("text " + reason);
        });
        var encoding = tokenizer.encode(text, false, false);
        int[] ids = Arrays.stream(encoding.getIds()).mapToInt(Math::toIntExact).toArray();
        int[] starts = new int[ids.length];
        int[] ends = new int[ids.length];
        Utf16Positions positions = new Utf16Positions(text);
        CharSpan[] spans = encoding.getCharTokenSpans();
        for (int i = 0; i < ids.length; i++) {
            starts[i] = positions.of(spans[i].getStart());
            ends[i] = positions.of(spans[i].getEnd());
        }
        return new Encoding(ids, starts, ends);
    }

    /**
     * @param skipSpecial leave special tokens out of the text
     * @throws IllegalArgumentException if an id is not in the vocabulary
     */
    public String decode(int[] ids, boolean skipSpecial) {
        for (int id : ids) {
            if (id < 0 || id >= vocabularySize) {
                throw new IllegalArgumentException(
                        "token id is %d; the vocabulary has ids 0 to %d".formatted(id, vocabularySize - 1));
            }
        }
        return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), skipSpecial);
    }

    /** One more than the highest token id. */
    public int vocabularySize() {
        return vocabularySize;
    }

    public OptionalInt idOf(String token) {
        Integer id = vocabulary.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** The token (bos) that the tokenizer's own post-processor would put in front of a text. */
    public Optional<String> leadingToken() {
        return leadingToken;
    }

    /** Whether every text gets a space in front, so that two halves of a text give other tokens than the whole. */
    public boolean addsLeadingSpace() {
        return addsLeadingSpace;
    }

    /**
     * As many tokens as the text can have at most, found without tokenising it; it has at least one then, unless it is empty.
     * Absent: this tokenizer, or this text, doesn't allow to say.
     */
    public OptionalInt mostTokens(String text) {
        return bound.map(known -> known.of(text)).orElseGet(OptionalInt::empty);
    }

    /** Frees the native memory. */
    @Override
    public void close() {
        tokenizer.close();
    }
}
