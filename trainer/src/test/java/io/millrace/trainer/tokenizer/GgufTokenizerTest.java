package io.millrace.trainer.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids worked out by hand from SentencePiece's and GPT-2's rules; the real model's are in the reference test. */
class GgufTokenizerTest {
    private static final int A = 259;
    private static final int SPACE_A = 262;
    private static final int SPACE_A_B = 264;

    @Test
    void sentencePiece_mergesTheBestScoreFirst() {
        try (TextTokenizer tokenizer = TextTokenizer.ofGguf(sentencePiece())) {
            assertThat(tokenizer.encode("ab").ids()).containsExactly(SPACE_A_B);
            assertThat(tokenizer.encode("a a").ids()).containsExactly(SPACE_A, SPACE_A);
            assertThat(tokenizer.addsLeadingSpace()).isTrue();
            assertThat(tokenizer.leadingToken()).contains("<s>");
            assertThat(tokenizer.vocabularySize()).isEqualTo(265);
        }
    }

    @Test
    void sentencePieceWithoutLeadingSpace_takesTheTextAsItStands() {
        Map<String, Object> metadata = sentencePiece();
        metadata.put("tokenizer.ggml.add_space_prefix", false);
        metadata.put("tokenizer.ggml.add_bos_token", false);
        try (TextTokenizer tokenizer = TextTokenizer.ofGguf(metadata)) {
            assertThat(tokenizer.encode("a a").ids()).containsExactly(A, SPACE_A);
            assertThat(tokenizer.addsLeadingSpace()).isFalse();
            assertThat(tokenizer.leadingToken()).isEmpty();
        }
    }

    @Test
    void characterOutsideOfTheVocabulary_becomesItsBytes() {
        try (TextTokenizer tokenizer = TextTokenizer.ofGguf(sentencePiece())) {
            int[] ids = tokenizer.encode("aé</s>").ids();
            assertThat(ids).containsExactly(SPACE_A, 3 + 0xC3, 3 + 0xA9, 2);
            assertThat(tokenizer.decode(ids, false)).isEqualTo("aé</s>");
            assertThat(tokenizer.decode(ids, true)).isEqualTo("aé");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "gpt-2,     'ab 12', 'ab| |12'",
        "smollm,    'ab 12', 'ab| |1|2'",
        "qwen2,     'ab 12', 'ab| |1|2'",
        "tekken,    'aB 12', 'a|B| |1|2'",
        "llama-bpe, 'ab 1212', 'ab| |121|2'",
        "default,   'ab 1212', 'ab| |121|2'",
    })
    void preTokenizer_cutsWordsAsItsFamilyDoes(String name, String text, String tokens) {
        try (TextTokenizer tokenizer = TextTokenizer.ofGguf(byteLevel(name))) {
            Encoding encoding = tokenizer.encode(text);
            List<String> found = new ArrayList<>();
            for (int i = 0; i < encoding.length(); i++) {
                found.add(text.substring(encoding.starts()[i], encoding.ends()[i]));
            }
            assertThat(String.join("|", found)).isEqualTo(tokens);
        }
    }

    @Test
    void tokensTypedUserDefined_areParsedButNotSkippedWhenDecoding() {
        Map<String, Object> metadata = byteLevel("gpt-2");
        try (TextTokenizer tokenizer = TextTokenizer.ofGguf(metadata)) {
            int[] ids = tokenizer.encode("<end>a<think>").ids();
            assertThat(ids).containsExactly(0, 2, 1);
            assertThat(tokenizer.decode(ids, true)).isEqualTo("a<think>");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"deepseek-llm", "jina-v2", "no such"})
    void unknownPreTokenizer_isRefusedByName(String name) {
        assertThatThrownBy(() -> TextTokenizer.ofGguf(byteLevel(name)))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining("tokenizer.ggml.pre is \"" + name + "\"");
    }

    @Test
    void unknownModel_isRefusedByName() {
        Map<String, Object> metadata = sentencePiece();
        metadata.put("tokenizer.ggml.model", "bert");
        assertThatThrownBy(() -> TextTokenizer.ofGguf(metadata))
                .hasMessageContaining("tokenizer.ggml.model is \"bert\"");
    }

    @Test
    void damagedMetadata_areRefusedByField() {
        assertDamaged("tokenizer.ggml.tokens", null, "tokenizer.ggml.tokens is missing");
        assertDamaged("tokenizer.ggml.tokens", List.of(1, 2), "not a list of strings");
        assertDamaged("tokenizer.ggml.token_type", List.of(1), "tokenizer.ggml.token_type has 1 entries");
        assertDamaged("tokenizer.ggml.merges", List.of("ab"), "tokenizer.ggml.merges has \"ab\"");
    }

    private static void assertDamaged(String field, @Nullable Object value, String message) {
        Map<String, Object> metadata = byteLevel("gpt-2");
        if (value == null) {
            metadata.remove(field);
        } else {
            metadata.put(field, value);
        }
        assertThatThrownBy(() -> TextTokenizer.ofGguf(metadata))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining(message);
    }

    @Test
    void specialTokens_areReadByTheirIds() {
        SpecialTokens special = SpecialTokens.ofGguf(sentencePiece());
        assertThat(special.bos()).contains("<s>");
        assertThat(special.eos()).contains("</s>");
        assertThat(special.pad()).isEmpty();
        Map<String, Object> damaged = sentencePiece();
        damaged.put("tokenizer.ggml.eos_token_id", 1000);
        assertThatThrownBy(() -> SpecialTokens.ofGguf(damaged))
                .hasMessageContaining("tokenizer.ggml.eos_token_id is 1000")
                .hasMessageContaining("0 to 264");
    }

    /** Byte tokens, then a, b, ▁, ▁a, ab and ▁ab, of which ab scores best. */
    private static Map<String, Object> sentencePiece() {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        List<Number> types = new ArrayList<>(List.of(2, 3, 3));
        List<Number> scores = new ArrayList<>(List.of(0f, 0f, 0f));
        for (int b = 0; b < 256; b++) {
            tokens.add("<0x%02X>".formatted(b));
            types.add(6);
            scores.add(0f);
        }
        List<String> pieces = List.of("a", "b", "▁", "▁a", "ab", "▁ab");
        List<Float> pieceScores = List.of(-10f, -11f, -9f, -2f, -1f, -3f);
        for (int i = 0; i < pieces.size(); i++) {
            tokens.add(pieces.get(i));
            types.add(1);
            scores.add(pieceScores.get(i));
        }
        return new HashMap<>(Map.of(
                "tokenizer.ggml.model",
                "llama",
                "tokenizer.ggml.tokens",
                tokens,
                "tokenizer.ggml.token_type",
                types,
                "tokenizer.ggml.scores",
                scores,
                "tokenizer.ggml.bos_token_id",
                1,
                "tokenizer.ggml.eos_token_id",
                2,
                "tokenizer.ggml.unknown_token_id",
                0));
    }

    private static Map<String, Object> byteLevel(String preTokenizer) {
        List<String> tokens =
                List.of("<end>", "<think>", "a", "b", "B", "Ġ", "1", "2", "ab", "aB", "12", "121", "1212", "Ġ1");
        List<Integer> types = List.of(3, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        return new HashMap<>(Map.of(
                "tokenizer.ggml.model", "gpt2",
                "tokenizer.ggml.pre", preTokenizer,
                "tokenizer.ggml.tokens", tokens,
                "tokenizer.ggml.token_type", types,
                "tokenizer.ggml.merges", List.of("a b", "a B", "1 2", "12 1", "121 2")));
    }
}
