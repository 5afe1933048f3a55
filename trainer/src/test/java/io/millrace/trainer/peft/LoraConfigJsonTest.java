package io.millrace.trainer.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoraConfigJsonTest {
    @Test
    void emptyObject_isTheDefault() {
        assertThat(LoraConfigJson.parse("{}")).isEqualTo(LoraConfig.DEFAULT);
    }

    @Test
    void everyField_isReadUnderBothNames() {
        LoraConfig expected = new LoraConfig(
                4, 8.5, 0.1, new TargetModules.Suffixes(List.of("q_proj")), Map.of("q", 2), Map.of("v", 3.0), true);
        assertThat(LoraConfigJson.parse("""
                                {"method": "lora", "rank": 4, "alpha": 8.5, "dropout": 0.1, "target_modules": ["q_proj"],
                                 "rank_pattern": {"q": 2}, "alpha_pattern": {"v": 3}, "use_rslora": true}""")).isEqualTo(expected);
        assertThat(LoraConfigJson.parse("""
                                {"r": 4, "lora_alpha": 8.5, "lora_dropout": 0.1, "target_modules": ["q_proj"],
                                 "rank_pattern": {"q": 2}, "alpha_pattern": {"v": 3}, "use_rslora": true}""")).isEqualTo(expected);
    }

    @Test
    void targets_areAllLinearOrARegex() {
        assertThat(LoraConfigJson.parse("{\"target_modules\": \"all-linear\"}").targets())
                .isEqualTo(new TargetModules.AllLinear());
        assertThat(LoraConfigJson.parse("{\"target_modules\": \".*q_proj\"}").targets())
                .isEqualTo(new TargetModules.Regex(".*q_proj"));
    }

    @Test
    void printedConfig_isReadTheSame() {
        LoraConfig config =
                new LoraConfig(4, 8, 0.05, new TargetModules.Regex(".*q"), Map.of("q", 2), Map.of("v", 2.5), true);
        assertThat(LoraConfigJson.parse(LoraConfigJson.json(config))).isEqualTo(config);
        assertThat(LoraConfigJson.json(LoraConfig.DEFAULT))
                .hasToString(
                        "{\"method\":\"lora\",\"rank\":16,\"alpha\":32,\"dropout\":0,\"target_modules\":\"all-linear\","
                                + "\"rank_pattern\":{},\"alpha_pattern\":{},\"use_rslora\":false}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"rnak": 4}               | rnak is not a field of LoRA's config; did you mean rank?
                    {"targets": "all-linear"} | targets is not a field
                    {"rank": "4"}             | rank is "4"; it must be a whole number
                    {"rank": 4.5}             | rank is 4.5; it must be a whole number
                    {"rank": 0}               | rank is 0; it must be 1 to 1024
                    {"rank": 4, "r": 4}       | rank is given twice
                    {"dropout": 1}            | dropout is 1.0; it must be 0 to below 1
                    {"use_rslora": 1}         | use_rslora is 1; it must be true or false
                    {"target_modules": []}    | target_modules is []
                    {"target_modules": 3}     | target_modules is 3
                    {"rank_pattern": {"q": 0}} | rank_pattern has 0 for "q"
                    {"alpha_pattern": []}     | alpha_pattern is []
                    {"method": "dora"}        | method is "dora"; Millrace trains "lora"
                    [1]                       | it must be an object
                    {"rank":                  | is not JSON
                    {"rank": 4, "rank": 8}    | is not JSON: Duplicate field 'rank'
                    {} {}                     | is not JSON
                    """)
    void whatCantBeUsed_isNamed(String json, String message) {
        assertThatThrownBy(() -> LoraConfigJson.parse(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
