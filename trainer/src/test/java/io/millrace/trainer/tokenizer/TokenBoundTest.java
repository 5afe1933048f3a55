package io.millrace.trainer.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenBoundTest {
    private static final Path LLAMA = Reference.copy().resolve("tiny-llama/tokenizer.json");

    /** Letters, blanks, digits, characters of two to four bytes, combining ones, and special tokens. */
    private static final String[] PIECES = {
        "a",
        "the",
        " ",
        "  ",
        "\n",
        "7",
        "2026",
        "'ll",
        "é",
        "e\u0301",
        "ß",
        "中",
        "👩‍👩‍👧",
        "\u0344",
        "<|im_end|>",
        "_",
        "\t"
    };

    @Test
    void byteLevelTokenizer_givesNoMoreTokensThanTheBound_andAtLeastOne() {
        try (TextTokenizer tokenizer = TextTokenizer.of(LLAMA)) {
            Random random = new Random(5);
            for (int i = 0; i < 500; i++) {
                String text = text(random);
                assertThat(tokenizer.encode(text).length())
                        .as(text)
                        .isBetween(1, tokenizer.mostTokens(text).orElseThrow());
            }
            assertThat(tokenizer.mostTokens("héé")).hasValue(5);
        }
    }

    @Test
    void tokenizerThatComposes_isBoundedForTextsThatAreComposed(@TempDir Path folder) throws IOException {
        try (TextTokenizer tokenizer = changed(folder, "\"normalizer\": null", "\"normalizer\": {\"type\": \"NFC\"}")) {
            assertThat(tokenizer.mostTokens("é")).hasValue(2);
            assertThat(tokenizer.mostTokens("e\u0301")).isEmpty();
        }
    }

    @Test
    void textWithAByteThatIsNoToken_hasNoBound(@TempDir Path folder) throws IOException {
        try (TextTokenizer tokenizer = changed(folder, "\"\u0104\": ", "\"not a byte\": ")) {
            assertThat(tokenizer.mostTokens("\u0004")).isEmpty();
            assertThat(tokenizer.encode("\u0004").length()).isZero();
            assertThat(tokenizer.mostTokens("text")).hasValue(4);
        }
    }

    @Test
    void tokenizersThatPutSomethingInOrLeaveSomethingOut_haveNoBound(@TempDir Path folder) throws IOException {
        try (TextTokenizer prefixed = changed(folder, "\"add_prefix_space\": false", "\"add_prefix_space\": true");
                TextTokenizer stripping = changed(
                        folder,
                        "\"normalizer\": null",
                        "\"normalizer\": {\"type\": \"Strip\", \"strip_left\": true, \"strip_right\": true}")) {
            assertThat(prefixed.mostTokens("text")).isEmpty();
            assertThat(stripping.mostTokens("text")).isEmpty();
        }
    }

    private static TextTokenizer changed(Path folder, String from, String to) throws IOException {
        String json = Files.readString(LLAMA);
        assertThat(json).contains(from);
        return TextTokenizer.of(Files.writeString(folder.resolve("tokenizer.json"), json.replace(from, to)));
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int length = 1 + random.nextInt(30); length > 0; length--) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }
}
