package io.millrace.trainer.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BorderedTextTest {
    private static final Path FILE = Reference.copy().resolve("tiny-llama/tokenizer.json");

    @Test
    void tokenAcrossABorder_isEncodedInTwoParts() {
        try (TextTokenizer tokenizer = TextTokenizer.of(FILE)) {
            assertThat(tokenizer.encode("a the").length()).isEqualTo(2);
            Encoding parts = BorderedText.encode(tokenizer, "a the", List.of(2)).orElseThrow();
            assertThat(parts.starts()).contains(2);
            assertThat(tokenizer.decode(parts.ids(), false)).isEqualTo("a the");
        }
    }

    @Test
    void tokenizerThatAddsASpace_encodesTheWholeOrNothing(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(
                file, Files.readString(FILE).replace("\"add_prefix_space\": false", "\"add_prefix_space\": true"));
        try (TextTokenizer tokenizer = TextTokenizer.of(file)) {
            assertThat(tokenizer.addsLeadingSpace()).isTrue();
            assertThat(BorderedText.encode(tokenizer, "a the", List.of(2))).isEmpty();
            assertThat(BorderedText.encode(tokenizer, "a the", List.of(1))
                            .orElseThrow()
                            .ids())
                    .isEqualTo(tokenizer.encode("a the").ids());
        }
    }
}
