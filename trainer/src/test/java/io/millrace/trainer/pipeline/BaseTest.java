package io.millrace.trainer.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.trainer.Reference;
import io.millrace.trainer.TestDevice;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelFiles;
import io.millrace.trainer.tokenizer.TokenizerFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaseTest {
    private static final Path TINY = Reference.copy().resolve("tiny-llama");

    @TempDir
    Path folder;

    @BeforeEach
    void copy() throws IOException {
        for (String file : List.of("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors")) {
            Files.copy(TINY.resolve(file), folder.resolve(file));
        }
    }

    private Base load() {
        try (ModelFiles files = ModelFiles.open(folder)) {
            return Base.load(files, "tiny-llama", FloatType.FLOAT32, LinearStorage.DENSE, TestDevice.get());
        }
    }

    @Test
    void wholeFolder_isLoaded() {
        try (Base base = load()) {
            assertThat(base.identity().digest()).startsWith("sha256:");
            assertThat(base.text().encode("jump").ids()).isNotEmpty();
        }
    }

    @Test
    void damagedTokenizer_isNamed() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), "{\"model\": 7}");

        assertThatExceptionOfType(TokenizerFormatException.class)
                .isThrownBy(this::load)
                .withMessageContaining("tokenizer.json");
    }
}
