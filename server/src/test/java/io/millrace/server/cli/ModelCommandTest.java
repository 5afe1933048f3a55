package io.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.trainer.model.SafetensorsWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ModelCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LAYER = "model.layers.0.";

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void infoForScripts_isOneEventOnStdout() throws IOException {
        tinyLlama();
        assertThat(execute("info", "--json", folder.toString())).isZero();
        assertThat(out.toString().lines()).hasSize(1);
        JsonNode finished = JSON.readTree(out.toString());
        assertThat(finished.path("event").textValue()).isEqualTo("finished");
        assertThat(finished.path("architecture").textValue()).isEqualTo("llama");
        assertThat(finished.path("parameters").longValue()).isEqualTo(2 * 3 * 4 + 4 * 4 * 4 + 3 * 4 * 8 + 3 * 4);
        assertThat(finished.path("chat_template").booleanValue()).isFalse();
        assertThat(finished.path("tokenizer").textValue()).isEqualTo("none");
        assertThat(finished.path("files")).hasSize(2);
        assertThat(finished.path("digest").textValue()).matches("sha256:[0-9a-f]{64}");
    }

    @Test
    void infoForPeople_isOnStdout() throws IOException {
        tinyLlama();
        assertThat(execute("info", folder.toString())).isZero();
        assertThat(out.toString()).containsPattern("architecture +llama").containsPattern("layers +1");
    }

    @Test
    void damagedModel_failsWithTheReason() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{");
        assertThat(execute("info", "--json", folder.toString())).isEqualTo(65);
        JsonNode failed = JSON.readTree(out.toString());
        assertThat(failed.path("event").textValue()).isEqualTo("failed");
        assertThat(failed.path("reason").textValue()).contains("config.json");
        assertThat(err.toString()).contains("config.json").doesNotContain("Exception");
    }

    @Test
    void pullOfWhatIsNoModel_failsNamingWhatWouldBe() throws IOException {
        assertThat(execute("pull", "--json", "no such model")).isEqualTo(65);
        assertThat(JSON.readTree(out.toString()).path("reason").textValue())
                .contains("model is \"no such model\"")
                .contains("smollm2-135m-instruct");
    }

    @Test
    void pullOfAFolder_saysWhereItLies() throws IOException {
        assertThat(execute("pull", "--json", folder.toString())).isZero();
        assertThat(JSON.readTree(out.toString()).path("path").textValue()).isEqualTo(folder.toString());
    }

    @Test
    void list_endsWithFinished() throws IOException {
        assertThat(execute("list", "--json")).isZero();
        String last = out.toString().lines().reduce((earlier, later) -> later).orElseThrow();
        assertThat(JSON.readTree(last).path("event").textValue()).isEqualTo("finished");
    }

    private int execute(String... arguments) {
        return new CommandLine(new ModelCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    /** Vocabulary 3, hidden size 4, one layer of one head, feed-forward 8. */
    private void tinyLlama() throws IOException {
        Files.writeString(folder.resolve("config.json"), """
                {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 3, "hidden_size": 4,
                 "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1,
                 "head_dim": 4, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
                 "max_position_embeddings": 16, "tie_word_embeddings": false, "eos_token_id": 2}""");
        Map<String, SafetensorsWriter.Tensor> tensors = new HashMap<>();
        tensors.put("model.embed_tokens.weight", zeros(3, 4));
        tensors.put("lm_head.weight", zeros(3, 4));
        for (String name : new String[] {"q_proj", "k_proj", "v_proj", "o_proj"}) {
            tensors.put(LAYER + "self_attn." + name + ".weight", zeros(4, 4));
        }
        tensors.put(LAYER + "mlp.gate_proj.weight", zeros(8, 4));
        tensors.put(LAYER + "mlp.up_proj.weight", zeros(8, 4));
        tensors.put(LAYER + "mlp.down_proj.weight", zeros(4, 8));
        tensors.put(LAYER + "input_layernorm.weight", zeros(4));
        tensors.put(LAYER + "post_attention_layernorm.weight", zeros(4));
        tensors.put("model.norm.weight", zeros(4));
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
    }

    private static SafetensorsWriter.Tensor zeros(long... shape) {
        int size = 1;
        for (long length : shape) {
            size *= (int) length;
        }
        return new SafetensorsWriter.Tensor(shape, FloatBuffer.allocate(size));
    }
}
