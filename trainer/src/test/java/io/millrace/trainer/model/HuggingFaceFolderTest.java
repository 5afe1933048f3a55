package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.Reference;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HuggingFaceFolderTest {
    private static final String NORM = "model.norm.weight";

    @TempDir
    private Path folder;

    private final Map<String, SafetensorsWriter.Tensor> tensors = new HashMap<>();

    @BeforeEach
    void copyTinyLlama() throws IOException {
        Path original = Reference.copy().resolve("tiny-llama");
        for (String name :
                List.of("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")) {
            Files.copy(original.resolve(name), folder.resolve(name));
        }
        try (SafetensorsFile file = SafetensorsFile.open(original.resolve("model.safetensors"))) {
            file.names()
                    .forEach(n -> tensors.put(
                            n, new SafetensorsWriter.Tensor(file.shape(n), FloatBuffer.wrap(file.floats(n)))));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-llama3", "tiny-mistral", "tiny-qwen2", "tiny-qwen3"})
    void fixture_opensWithAllItsTensors(String name) {
        Path path = Reference.copy().resolve(name);
        try (ModelFiles model = ModelFiles.open(path);
                SafetensorsFile file = SafetensorsFile.open(path.resolve("model.safetensors"))) {
            assertThat(model.weights().names()).isEqualTo(file.names());
            assertThat(values(model, NORM)).isEqualTo(file.floats(NORM));
            assertThat(model.config().vocabularySize()).isEqualTo(320);
            assertThat(model.eosIds()).containsExactly(2);
            assertThat(model.tokenizerJson()).hasValue(path.resolve("tokenizer.json"));
            assertThat(model.tokenizerConfig()).containsEntry("eos_token", "<|im_end|>");
            assertThat(model.chatTemplate()).get().asString().startsWith("{% for message in messages %}");
            assertThat(model.name()).isEqualTo(name);
            assertThat(model.ggufMetadata()).isEmpty();
        }
    }

    @Test
    void unsupportedArchitecture_isRefusedByName() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"gemma\"}");
        assertThatThrownBy(() -> ModelFiles.open(folder))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("config.json", "gemma", "llama, mistral, qwen2, qwen3 and gpt2");
    }

    @Test
    void shards_openAsOneModel() throws IOException {
        writeShards();
        try (ModelFiles model = ModelFiles.open(folder)) {
            assertThat(model.weights().names()).isEqualTo(tensors.keySet());
            for (String name : tensors.keySet()) {
                assertThat(FloatBuffer.wrap(values(model, name)))
                        .isEqualTo(tensors.get(name).values());
            }
        }
    }

    @Test
    void missingShard_isRefusedByName() throws IOException {
        writeShards();
        Files.delete(folder.resolve("model-00002-of-00002.safetensors"));
        assertThatThrownBy(() -> ModelFiles.open(folder))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("model-00002-of-00002.safetensors", "no such file");
    }

    @Test
    void tensorListedInAnotherShard_isRefusedByName() throws IOException {
        writeShards();
        Path index = folder.resolve("model.safetensors.index.json");
        Files.writeString(index, Files.readString(index).replace("00002-of", "00001-of"));
        assertThatThrownBy(() -> ModelFiles.open(folder))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("model-00001-of-00002.safetensors", "is not in the file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"weight_map\": {\"model.norm.weight\": \"../model.safetensors\"}}",
                "{\"weight_map\": {\"model.norm.weight\": 7}}",
                "{\"weight_map\": []}",
                "{}",
                "null",
                "{\"weight_map\": "
            })
    void damagedIndex_fault43_isRefused(String index) throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), index);
        assertThatThrownBy(() -> ModelFiles.open(folder))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("model.safetensors.index.json");
    }

    @Test
    void damagedConfig_fault43_opensOrIsRefused() throws IOException {
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        Path original = Reference.copy().resolve("tiny-llama/config.json");
        int size = (int) Files.size(original);
        Path config = folder.resolve("config.json");
        Corruption.overwrites(
                original, size, 300, config, path -> ModelFiles.open(folder).close());
    }

    @Test
    void missingTensor_fault43_isRefusedByName() throws IOException {
        tensors.remove("model.layers.1.mlp.up_proj.weight");
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        assertThatThrownBy(() -> ModelFiles.open(folder))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("model.layers.1.mlp.up_proj.weight", "is missing");
    }

    @Test
    void tensorOfAnotherShape_fault43_isRefusedWithBoth() throws IOException {
        tensors.put(NORM, new SafetensorsWriter.Tensor(new long[] {31}, FloatBuffer.allocate(31)));
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        assertThatThrownBy(() -> ModelFiles.open(folder))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll(NORM, "[31]", "[32]");
    }

    @Test
    void noWeightsOrNoConfigOrNoFolder_saysWhatWasLookedFor() throws IOException {
        assertThatThrownBy(() -> ModelFiles.open(folder))
                .hasMessageContainingAll("model.safetensors", "model.safetensors.index.json");
        Files.delete(folder.resolve("config.json"));
        assertThatThrownBy(() -> ModelFiles.open(folder)).hasMessageContaining("config.json");
        assertThatThrownBy(() -> ModelFiles.open(folder.resolve("absent")))
                .hasMessageContainingAll("absent", "config.json", ".gguf");
    }

    @Test
    void chatTemplates_areTakenInTransformersOrder() throws IOException {
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        Path tokenizerConfig = folder.resolve("tokenizer_config.json");
        try (ModelFiles model = ModelFiles.open(folder)) {
            Files.writeString(tokenizerConfig, """
                    {"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]}""");
            assertThat(model.chatTemplate()).hasValue("D");
            Files.writeString(folder.resolve("chat_template.jinja"), "J");
            assertThat(model.chatTemplate()).hasValue("J");
            Files.delete(folder.resolve("chat_template.jinja"));
            Files.delete(tokenizerConfig);
            assertThat(model.chatTemplate()).isEmpty();
            assertThat(model.tokenizerConfig()).isEmpty();
        }
    }

    @Test
    void eosIds_comeFromGenerationConfigThenConfig() throws IOException {
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        Path generationConfig = folder.resolve("generation_config.json");
        try (ModelFiles model = ModelFiles.open(folder)) {
            Files.writeString(generationConfig, "{\"eos_token_id\": [5, 7]}");
            assertThat(model.eosIds()).isEqualTo(Set.of(5, 7));
            Files.writeString(generationConfig, "{\"eos_token_id\": null}");
            assertThat(model.eosIds()).containsExactly(2);
            Files.writeString(generationConfig, "{\"eos_token_id\": 320}");
            assertThatThrownBy(model::eosIds).hasMessageContaining("eos_token_id = 320");
        }
    }

    @Test
    void hubNameInConfig_isTheName() throws IOException {
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        Path config = folder.resolve("config.json");
        String original = Files.readString(config);
        Files.writeString(config, original.replaceFirst("\\{", "{\"_name_or_path\": \"HuggingFaceTB/SmolLM2-135M\","));
        try (ModelFiles model = ModelFiles.open(folder)) {
            assertThat(model.name()).isEqualTo("HuggingFaceTB/SmolLM2-135M");
        }
        Files.writeString(config, original.replaceFirst("\\{", "{\"_name_or_path\": \"/home/someone/model\","));
        try (ModelFiles model = ModelFiles.open(folder)) {
            assertThat(model.name()).isEqualTo(folder.getFileName().toString());
        }
    }

    @Test
    void digest_changesWithConfigAndWeights() throws IOException {
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        try (ModelFiles model = ModelFiles.open(folder)) {
            String before = model.digest();
            assertThat(before).matches("sha256:[0-9a-f]{64}").isEqualTo(model.digest());
            tensors.put(NORM, new SafetensorsWriter.Tensor(new long[] {32}, FloatBuffer.allocate(32)));
            SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
            String otherWeights = model.digest();
            Files.writeString(folder.resolve("config.json"), "{}");
            assertThat(Set.of(before, otherWeights, model.digest())).hasSize(3);
        }
    }

    private void writeShards() throws IOException {
        List<String> names = new ArrayList<>(tensors.keySet());
        StringBuilder index = new StringBuilder("{\"metadata\": {}, \"weight_map\": {");
        for (int shard = 1; shard <= 2; shard++) {
            String file = "model-0000%d-of-00002.safetensors".formatted(shard);
            List<String> half =
                    shard == 1 ? names.subList(0, names.size() / 2) : names.subList(names.size() / 2, names.size());
            Map<String, SafetensorsWriter.Tensor> shardTensors = new HashMap<>();
            for (String name : half) {
                shardTensors.put(name, tensors.get(name));
                index.append(index.toString().endsWith("{") ? "" : ", ").append("\"%s\": \"%s\"".formatted(name, file));
            }
            SafetensorsWriter.write(folder.resolve(file), shardTensors);
        }
        Files.writeString(folder.resolve("model.safetensors.index.json"), index + "}}");
    }

    private static float[] values(ModelFiles model, String name) {
        int size = 1;
        for (long dimension : model.weights().shape(name)) {
            size *= (int) dimension;
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect(size * Float.BYTES).order(ByteOrder.nativeOrder());
        model.weights().read(name, FloatType.FLOAT32, buffer);
        float[] values = new float[size];
        buffer.flip().asFloatBuffer().get(values);
        return values;
    }
}
