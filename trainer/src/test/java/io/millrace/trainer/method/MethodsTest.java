package io.millrace.trainer.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MethodsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static BaseModel model;

    @BeforeAll
    static void load() {
        model = TinyModel.load(TinyModel.plain(), FloatType.FLOAT32);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void configWithoutMethod_isLora() throws IOException {
        assertThat(configure("{}")).isEqualTo(Methods.DEFAULT);
        assertThat(Methods.DEFAULT.method()).isEqualTo("lora");
    }

    @Test
    void namesOfPeft_areUnderstood() throws IOException {
        assertThat(configure("{\"peft_type\": \"LN_TUNING\"}")).isEqualTo(configure("{\"method\": \"ln_tuning\"}"));
        assertThat(configure("{\"method\": \"LORA\", \"r\": 3}"))
                .isEqualTo(configure("{\"method\": \"lora\", \"rank\": 3}"));
    }

    static List<String> names() {
        return Methods.names();
    }

    @ParameterizedTest
    @MethodSource("names")
    void printedConfig_readsAsTheSame(String name) throws IOException {
        MethodConfig config = configure("{\"method\": \"" + name + "\"}");
        assertThat(config.method()).isEqualTo(name);
        assertThat(Methods.configure(config.json())).isEqualTo(config);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"method\": \"ia3\", \"target_modules\": [\"k_proj\"]}",
                "{\"method\": \"ia3\", \"target_modules\": \".*proj\", \"feedforward_modules\": []}",
                "{\"method\": \"layer_freezing\", \"trained_weights\": \".*norm.*\"}",
                "{\"method\": \"vera\", \"modules_to_save\": [\"embed_tokens\", \"lm_head\"]}",
            })
    void printedConfigWithSettings_readsAsTheSame(String text) throws IOException {
        MethodConfig config = configure(text);
        assertThat(Methods.configure(config.json())).isEqualTo(config);
    }

    /** The message has the field, what it is, and what would do. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"method\": \"lorra\"}                                         | method is \"lorra\"          | did you mean lora?",
                "{\"method\": 3}                                                 | method is 3                  | a word such as",
                "{\"method\": \"bitfit\", \"rank\": 4}                           | rank is not a field          | which has none",
                "{\"method\": \"ln_tuning\", \"target_module\": []}              | target_module is not a field | did you mean target_modules?",
                "{\"method\": \"ln_tuning\", \"target_modules\": []}             | target_modules is []         | at least one",
                "{\"method\": \"ln_tuning\", \"target_modules\": [\"q_norm\"]}   | target_modules has \"q_norm\"| input_layernorm",
                "{\"method\": \"pissa\", \"dropout\": 0.1}                        | dropout is 0.1               | choose lora",
                "{\"method\": \"pissa\", \"rank\": 600}                          | rank is 600                  | 1 to 512",
                "{\"method\": \"pissa\", \"rank\": 33}                           | rank is 33                   | only 32",
                "{\"method\": \"adalora\", \"target_rank\": 30}                  | target_rank is 30            | at most initial_rank, 24",
                "{\"method\": \"dora\", \"dropout\": 0.1}                        | dropout is 0.1               | choose lora",
                "{\"method\": \"ia3\", \"target_modules\": [\"k_proj\"], \"feedforward_modules\": [\"o_proj\"]}    | feedforward_modules has \"o_proj\" | add it there",
                "{\"method\": \"ia3\", \"target_modules\": [\"c_attn\"]}         | target_modules has \"c_attn\"| down_proj",
                "{\"method\": \"prompt_tuning\", \"num_virtual_tokens\": 0}      | num_virtual_tokens is 0      | from 1 to 1024",
                "{\"method\": \"prompt_tuning\", \"num_virtual_tokens\": 513}    | num_virtual_tokens is 513    | at most half",
                "{\"method\": \"p_tuning\", \"encoder_reparameterization_type\": \"gru\"} | encoder_reparameterization_type is \"gru\" | mlp, lstm",
                "{\"method\": \"madx\", \"phase\": \"both\"}                     | phase is \"both\"            | language, task",
                "{\"method\": \"madx\", \"language_reduction_factor\": 64}       | language_reduction_factor is 64 | only 32",
                "{\"method\": \"houlsby\", \"reduction_factor\": 64}             | reduction_factor is 64       | hidden size",
                "{\"method\": \"layer_freezing\", \"trained_layers\": 4}         | trained_layers is 4          | choose fewer",
                "{\"method\": \"layer_freezing\", \"trained_weights\": \"x\"}    | trained_weights is \"x\"      | model.layers.0",
                "{\"method\": \"layer_freezing\", \"trained_weights\": \"(\"}    | trained_weights is \"(\"      | regular expression",
                "{\"method\": \"layer_freezing\", \"trained_weights\": \"x\", \"trained_layers\": 1} | trained_layers is 1 | one of the two",
                "{\"method\": \"ia3\", \"target_modules\": \".*k_proj\"}          | feedforward_modules is absent | or []",
                "{\"method\": \"ia3\", \"target_modules\": \".*c_attn\", \"feedforward_modules\": []}          | target_modules has \".*c_attn\" | down_proj",
                "{\"method\": \"ln_tuning\", \"target_modules\": \"all-linear\"}| target_modules is all-linear | name them",
                "{\"method\": \"ia3\", \"feedforward_modules\": [\"down_proj\"]} | feedforward_modules is given | give both",
                "{\"modules_to_save\": [\"lm_head\"]}                              | modules_to_save is [lm_head] | name both",
                "{\"modules_to_save\": [\"classifier\"]}                           | modules_to_save has \"classifier\" | lm_head",
                "{\"modules_to_save\": [\"q_proj\"]}                               | modules_to_save has model.layers.0.self_attn.q_proj | leave it out",
                "{\"modules_to_save\": \".*norm\"}                                 | modules_to_save is \".*norm\" | a list of names",
                "{\"method\": \"bitfit\", \"modules_to_save\": [\"lm_head\"]}       | modules_to_save is [\"lm_head\"] | leave it out",
                "{\"method\": \"ia3\", \"target_modules\": {}}                   | target_modules is {}         | a regular expression",
            })
    void configThatCannotBe_isRefusedWithTheFieldAndTheRemedy(String config, String fault, String remedy) {
        assertRefused(config, fault, remedy);
    }

    /** Words for what linears and norms are called differ by the kind of model. */
    @ParameterizedTest
    @CsvSource({"ia3, k_proj, c_attn", "ln_tuning, input_layernorm, ln_1", "lora, q_proj, c_fc", "dora, up_proj, c_fc"})
    void modulesThatGpt2Lacks_areRefusedWithThoseItHas(String method, String target, String has) {
        try (BaseModel gpt2 = TinyModel.load(TinyModel.gpt2(), FloatType.FLOAT32)) {
            String config = "{\"method\": \"%s\", \"target_modules\": [\"%s\"]}".formatted(method, target);
            assertThatThrownBy(() -> configure(config).on(new Host(gpt2, text -> new int[0])))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("target_modules has \"" + target, has);
        }
    }

    private static void assertRefused(String config, String fault, String remedy) {
        assertThatThrownBy(() -> configure(config).on(new Host(model, text -> new int[0])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(fault.strip())
                .hasMessageContaining(remedy.strip());
    }

    private static MethodConfig configure(String config) throws IOException {
        return Methods.configure((ObjectNode) JSON.readTree(config));
    }
}
