package io.millrace.trainer.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.Floats;
import io.millrace.trainer.model.Linear;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PeftFolderTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<Linear> LINEARS = List.of(
            new Linear("model.layers.0.self_attn.q_proj", 3, 2), new Linear("model.layers.0.mlp.up_proj", 3, 4));
    private static final LoraConfig CONFIG =
            new LoraConfig(1, 2, 0, new TargetModules.AllLinear(), Map.of(), Map.of(), false);

    @TempDir
    Path folder;

    @BeforeEach
    void write() throws IOException {
        adapter(CONFIG).write(folder);
    }

    @Test
    void writtenFolder_isReadTheSame() {
        PeftFolder read = PeftFolder.read(folder, LINEARS);
        assertThat(read.baseModel()).contains("org/base");
        assertThat(read.modules()).isEqualTo(LoraModules.resolve(CONFIG, LINEARS));
        assertThat(read.weights().values())
                .isEqualTo(InitialWeights.of(read.modules(), 1).values());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    peft_type           | "IA3"             | peft_type is "IA3"; Millrace reads "LORA"
                    task_type           | "SEQ_CLS"         | task_type is "SEQ_CLS"
                    use_dora            | true              | use_dora is true
                    bias                | "lora_only"       | bias is "lora_only"
                    modules_to_save     | ["lm_head"]       | modules_to_save is ["lm_head"]
                    layers_to_transform | [0]               | layers_to_transform is [0]
                    layer_replication   | [[0, 1]]          | layer_replication is [[0,1]]
                    lora_bias           | true              | lora_bias is true
                    init_lora_weights   | "pissa"           | init_lora_weights is "pissa"
                    target_modules      | ["c_attn"]        | target_modules has "c_attn", which matches no linear
                    r                   | 0                 | rank is 0
                    r                   | null              | r is missing
                    r                   | "4"               | r is "4"
                    """)
    void whatMillraceCantFollow_isRefusedByField(String field, String value, String message) throws IOException {
        change(field, value);
        assertThatThrownBy(() -> PeftFolder.read(folder, LINEARS))
                .isInstanceOf(PeftFormatException.class)
                .hasMessageContaining("adapter_config.json: " + message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    some_future_field | {"a": 1}
                    modules_to_save   | []
                    use_dora          | null
                    eva_config        | {"rho": 2}
                    init_lora_weights | "gaussian"
                    task_type         | null
                    peft_version      | "0.5.0"
                    """)
    void harmlessField_isIgnored(String field, String value) throws IOException {
        change(field, value);
        assertThat(PeftFolder.read(folder, LINEARS).modules()).hasSize(2);
    }

    @Test
    void adapterOfAnotherModel_isRefusedByTensorWithBothShapes() {
        List<Linear> wider = List.of(new Linear("model.layers.0.self_attn.q_proj", 5, 2), LINEARS.get(1));
        assertThatThrownBy(() -> PeftFolder.read(folder, wider))
                .hasMessageContaining("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight has shape [1, 3]")
                .hasMessageContaining("make it [1, 5]");
    }

    @Test
    void tensorsTooFewOrTooMany_areRefusedByName() throws IOException {
        change("target_modules", "[\"q_proj\"]");
        assertThatThrownBy(() -> PeftFolder.read(folder, LINEARS))
                .hasMessageContaining("up_proj.lora_A.weight belongs to no module");
        List<Linear> deeper = List.of(LINEARS.get(0), new Linear("model.layers.1.self_attn.q_proj", 3, 2));
        assertThatThrownBy(() -> PeftFolder.read(folder, deeper))
                .hasMessageContaining("model.layers.1.self_attn.q_proj.lora_A.weight is missing");
    }

    @Test
    void absentOrDamagedFiles_areRefusedByName() throws IOException {
        Path weights = folder.resolve(PeftFolder.WEIGHTS_FILE);
        Files.write(weights, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> PeftFolder.read(folder, LINEARS)).isInstanceOf(PeftFormatException.class);
        Files.delete(weights);
        assertThatThrownBy(() -> PeftFolder.read(folder, LINEARS))
                .hasMessageContaining("adapter_model.safetensors: is absent");
        Files.writeString(folder.resolve(PeftFolder.CONFIG_FILE), "{");
        assertThatThrownBy(() -> PeftFolder.read(folder, LINEARS)).hasMessageContaining("it is not JSON");
        Files.delete(folder.resolve(PeftFolder.CONFIG_FILE));
        assertThatThrownBy(() -> PeftFolder.read(folder, LINEARS))
                .isInstanceOf(PeftFormatException.class)
                .hasMessageContaining("adapter_config.json: can't be read");
    }

    @Test
    void halfPrecisionTensors_areRead() throws IOException {
        String header = """
                {"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight":{"dtype":"F16","shape":[1,3],"data_offsets":[0,6]},\
                "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight":{"dtype":"BF16","shape":[2,1],"data_offsets":[6,10]}}""";
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + json.length + 10).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(json.length).put(json);
        file.putShort((short) 0x3C00).putShort((short) 0xC000).putShort((short) 0x3800); // 1, -2, 0.5
        file.putShort((short) 0x3F80).putShort((short) 0xBF00); // 1, -0.5
        Files.write(folder.resolve(PeftFolder.WEIGHTS_FILE), file.array());
        change("target_modules", "[\"q_proj\"]");
        assertThat(Floats.of(PeftFolder.read(folder, LINEARS).weights())).containsExactly(1, -2, 0.5f, 1, -0.5f);
    }

    @Test
    void patternsWhoseOrderCounts_areWrittenSoThatPeftsSortingKeepsTheRanks() throws IOException {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        ranks.put("q_proj", 2);
        ranks.put("layers.*", 3);
        LoraConfig ordered = new LoraConfig(1, 2, 0, new TargetModules.AllLinear(), ranks, Map.of(), false);
        adapter(ordered).write(folder);
        assertThat(PeftFolder.read(folder, LINEARS).modules())
                .extracting(LoraModule::rank)
                .containsExactly(2, 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {".*q_proj", "model\\.layers\\.\\d+\\.self_attn\\.[qv]_proj"})
    void regexOfLinearsOnly_isWrittenAsItIs(String regex) throws IOException {
        assertThat(writtenTargets(regex)).isEqualTo(JSON.valueToTree(regex));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".*self_attn.*",
                ".*self_attn\\.q_.*",
                ".*\\.0\\.(self_attn|mlp\\.gate_proj|.*q_proj)",
                "(lm_head|.*q_proj)",
                "model(\\.norm|.*q_proj)"
            })
    void regexOfMoreThanLinears_isWrittenAsTheirPaths(String regex) throws IOException {
        assertThat(writtenTargets(regex)).isEqualTo(JSON.valueToTree(List.of("model.layers.0.self_attn.q_proj")));
        assertThat(PeftFolder.read(folder, LINEARS).modules())
                .containsExactly(new LoraModule("model.layers.0.self_attn.q_proj", 3, 2, 1, 2));
    }

    private JsonNode writtenTargets(String regex) throws IOException {
        adapter(new LoraConfig(1, 2, 0, new TargetModules.Regex(regex), Map.of(), Map.of(), false))
                .write(folder);
        return JSON.readTree(Files.readString(folder.resolve(PeftFolder.CONFIG_FILE)))
                .path("target_modules");
    }

    private static PeftFolder adapter(LoraConfig config) {
        List<LoraModule> modules = LoraModules.resolve(config, LINEARS);
        return new PeftFolder(config, Optional.of("org/base"), modules, InitialWeights.of(modules, 1));
    }

    private void change(String field, String value) throws IOException {
        Path file = folder.resolve(PeftFolder.CONFIG_FILE);
        ObjectNode json = (ObjectNode) JSON.readTree(Files.readString(file));
        json.set(field, JSON.readTree(value));
        Files.writeString(file, json.toString());
    }
}
