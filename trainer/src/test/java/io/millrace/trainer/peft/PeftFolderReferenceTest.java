package io.millrace.trainer.peft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders that PEFT wrote, read and written again. */
class PeftFolderReferenceTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @CsvSource({
        "tiny-llama, lora", "tiny-llama, rslora", "tiny-llama, lora-rank-pattern",
        "tiny-llama3, lora", "tiny-llama3, rslora", "tiny-llama3, lora-rank-pattern",
        "tiny-mistral, lora", "tiny-mistral, rslora", "tiny-mistral, lora-rank-pattern",
        "tiny-qwen2, lora", "tiny-qwen2, rslora", "tiny-qwen2, lora-rank-pattern",
        "tiny-qwen3, lora", "tiny-qwen3, rslora", "tiny-qwen3, lora-rank-pattern",
        "tiny-gpt2, lora", "tiny-gpt2, rslora", "tiny-gpt2, lora-rank-pattern",
    })
    void whatPeftWrote_isReadAndWrittenTheSame(String model, String adapter, @TempDir Path written) throws IOException {
        Path base = Reference.model(model);
        Path folder = base.resolve("adapters").resolve(adapter);
        PeftFolder read = PeftFolder.read(folder, Linears.of(base));
        read.write(written);
        assertThat(written.resolve("adapter_model.safetensors"))
                .hasSameBinaryContentAs(folder.resolve("adapter_model.safetensors"));
        assertThat(config(written)).isEqualTo(config(folder));
        assertThat(PeftFolder.read(written, Linears.of(base)).config()).isEqualTo(read.config());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-llama3", "tiny-mistral", "tiny-qwen2", "tiny-qwen3", "tiny-gpt2"})
    void allLinear_isWrittenAsTheNamesThatPeftFinds(String model, @TempDir Path written) throws IOException {
        Path base = Reference.model(model);
        JsonNode lora =
                JSON.readTree(Files.readString(base.resolve("reference.json"))).path("lora");
        LoraConfig config = new LoraConfig(
                lora.path("r").intValue(),
                lora.path("alpha").doubleValue(),
                0,
                new TargetModules.AllLinear(),
                Map.of(),
                Map.of(),
                false);
        List<LoraModule> modules = LoraModules.resolve(config, Linears.of(base));
        new PeftFolder(config, Optional.of(model), modules, InitialWeights.of(modules, 1)).write(written);
        assertThat(sortedTargets(written)).isEqualTo(sortedTargets(base.resolve("adapters/lora")));
    }

    /** The text, with PEFT's version less its last part: what 0.21.0 and 0.21.2 write differs in nothing else. */
    private static String config(Path folder) throws IOException {
        return Files.readString(folder.resolve("adapter_config.json"))
                .replaceFirst("(\"peft_version\": \"\\d+\\.\\d+)[^\"]*", "$1");
    }

    private static JsonNode sortedTargets(Path folder) throws IOException {
        ObjectNode config = (ObjectNode) JSON.readTree(config(folder));
        List<String> names = new ArrayList<>();
        config.path("target_modules").forEach(name -> names.add(name.textValue()));
        names.sort(null);
        ArrayNode sorted = config.putArray("target_modules");
        names.forEach(sorted::add);
        return config;
    }
}
