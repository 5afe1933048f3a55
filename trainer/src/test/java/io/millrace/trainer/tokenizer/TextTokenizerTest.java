package io.millrace.trainer.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextTokenizerTest {
    private static final Path FILE = Reference.copy().resolve("tiny-llama/tokenizer.json");
    private static final TextTokenizer TOKENIZER = TextTokenizer.of(FILE);

    @AfterAll
    static void close() {
        TOKENIZER.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain words", "é 🙂 x", "a👩‍👩‍👧b", "<|im_start|>🙂<|im_end|> z", ""})
    void spans_coverTheTextInUtf16Units(String text) {
        Encoding encoding = TOKENIZER.encode(text);
        int covered = 0;
        for (int i = 0; i < encoding.length(); i++) {
            assertThat(encoding.starts()[i]).isLessThanOrEqualTo(covered);
            assertThat(encoding.ends()[i]).isGreaterThanOrEqualTo(covered);
            covered = encoding.ends()[i];
        }
        assertThat(covered).isEqualTo(text.length());
    }

    @Test
    void tokensThatShareACharacter_haveItsWholeSpan() {
        Encoding encoding = TOKENIZER.encode("x👧");
        assertThat(encoding.length()).isGreaterThan(2);
        for (int i = 1; i < encoding.length(); i++) {
            assertThat(encoding.starts()[i]).isEqualTo(1);
            assertThat(encoding.ends()[i]).isEqualTo(3);
        }
    }

    @Test
    void wordWithABlankBefore_spansTheBlank(@TempDir Path folder) throws IOException {
        Path trimming = folder.resolve("tokenizer.json");
        Files.writeString(
                trimming,
                Files.readString(FILE)
                        .replace(
                                "\"post_processor\": null",
                                "\"post_processor\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": false}"));
        try (TextTokenizer tokenizer = TextTokenizer.of(trimming)) {
            Encoding encoding = tokenizer.encode("is the");
            assertThat(encoding.starts()[encoding.length() - 1]).isEqualTo(2);
        }
    }

    @Test
    void specialTokens_areKeptOrSkippedWhenDecoding() {
        int[] ids = TOKENIZER.encode("<|im_start|>hi<|im_end|>").ids();
        assertThat(TOKENIZER.decode(ids, false)).isEqualTo("<|im_start|>hi<|im_end|>");
        assertThat(TOKENIZER.decode(ids, true)).isEqualTo("hi");
    }

    @Test
    void vocabulary_isThatOfTheFile() {
        assertThat(TOKENIZER.vocabularySize()).isEqualTo(320);
        assertThat(TOKENIZER.idOf("<|im_end|>")).hasValue(2);
        assertThat(TOKENIZER.idOf("no such token")).isEmpty();
        assertThat(TOKENIZER.addsLeadingSpace()).isFalse();
        assertThat(TOKENIZER.leadingToken()).isEmpty();
    }

    @Test
    void textThatIsNotUnicode_isRefused() {
        assertThatThrownBy(() -> TOKENIZER.encode("ab\ud83d"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lone surrogate U+D83D")
                .hasMessageContaining("position 2");
        assertThatThrownBy(() -> TOKENIZER.encode("\ude42\ud83d")).hasMessageContaining("position 0");
        assertThatThrownBy(() -> TOKENIZER.encode("a\0b")).hasMessageContaining("NUL");
    }

    @Test
    void idOutsideOfTheVocabulary_isRefused() {
        assertThatThrownBy(() -> TOKENIZER.decode(new int[] {1, 320}, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("token id is 320")
                .hasMessageContaining("0 to 319");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{\"model\": ", "{\"model\": {\"type\": \"BPE\"}}", "{}"})
    void fileThatIsNoTokenizer_isRefusedByName(String content, @TempDir Path folder) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(file, content);
        assertThatThrownBy(() -> TextTokenizer.of(file))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void absentFile_isRefusedByName(@TempDir Path folder) {
        assertThatThrownBy(() -> TextTokenizer.of(folder.resolve("none.json")))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining("none.json");
    }

    @Test
    void bosOfThePostProcessor_isKnownButNotAdded(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(file, Files.readString(FILE).replace("\"post_processor\": null", """
                                "post_processor": {"type": "Sequence", "processors": [{"type": "TemplateProcessing",
                                  "single": [{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                                  "pair": [{"Sequence": {"id": "A", "type_id": 0}}],
                                  "special_tokens": {"<|im_start|>": {"id": "<|im_start|>", "ids": [1], "tokens": ["<|im_start|>"]}}}]}"""));
        try (TextTokenizer tokenizer = TextTokenizer.of(file)) {
            assertThat(tokenizer.leadingToken()).contains("<|im_start|>");
            assertThat(tokenizer.encode("hi").ids()).doesNotContain(1);
        }
    }
}
