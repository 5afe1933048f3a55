package io.millrace.trainer.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.model.Linear;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoraModulesTest {
    private static final List<Linear> LINEARS = List.of(
            new Linear("model.layers.0.self_attn.q_proj", 8, 16),
            new Linear("model.layers.0.mlp.up_proj", 8, 24),
            new Linear("model.layers.1.self_attn.q_proj", 8, 16),
            new Linear("model.layers.1.mlp.up_proj", 8, 24));

    @Test
    void allLinear_adaptsEveryLinear() {
        assertThat(paths(new TargetModules.AllLinear())).hasSize(4);
    }

    @Test
    void suffixes_matchWholeNames() {
        assertThat(paths(new TargetModules.Suffixes(List.of("q_proj", "1.mlp.up_proj"))))
                .containsExactly(
                        "model.layers.0.self_attn.q_proj",
                        "model.layers.1.self_attn.q_proj",
                        "model.layers.1.mlp.up_proj");
        assertThatThrownBy(() -> paths(new TargetModules.Suffixes(List.of("q_proj", "proj"))))
                .hasMessage(
                        "target_modules has \"proj\", which matches no linear of the model; it has [q_proj, up_proj]");
    }

    @Test
    void regex_matchesWholePaths() {
        assertThat(paths(new TargetModules.Regex(".*layers\\.0\\..*")))
                .containsExactly("model.layers.0.self_attn.q_proj", "model.layers.0.mlp.up_proj");
        assertThatThrownBy(() -> paths(new TargetModules.Regex("layers"))).hasMessageContaining("matches no linear");
        assertThatThrownBy(() -> paths(new TargetModules.Regex("("))).hasMessageContaining("not a regular expression");
    }

    @Test
    void moreValuesThanMemoryCanHoldInOnePiece_areRefused() {
        List<Linear> large = IntStream.range(0, 60)
                .mapToObj(layer -> new Linear("model.layers." + layer + ".mlp.up_proj", 8192, 28672))
                .toList();
        LoraConfig config = new LoraConfig(256, 512, 0, new TargetModules.AllLinear(), Map.of(), Map.of(), false);
        List<LoraModule> modules = LoraModules.resolve(config, large);

        assertThat(LoraModules.layout(modules.subList(0, 56)).size()).isEqualTo(56 * 256 * (8192 + 28672));
        assertThatThrownBy(() -> LoraModules.layout(modules))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 536,870,911: take a lower rank");
    }

    @Test
    void firstMatchingPattern_givesRankAndAlpha() {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        ranks.put("q_proj", 8);
        ranks.put("layers.1.self_attn.q_proj", 2);
        LoraConfig config =
                new LoraConfig(4, 8, 0, new TargetModules.AllLinear(), ranks, Map.of("mlp\\.\\w+", 32.0), false);
        assertThat(LoraModules.resolve(config, LINEARS))
                .extracting(LoraModule::rank)
                .containsExactly(8, 4, 8, 4);
        assertThat(LoraModules.resolve(config, LINEARS))
                .extracting(LoraModule::scale)
                .containsExactly(1.0, 8.0, 1.0, 8.0);
    }

    @Test
    void rankStabilisedScale_dividesByTheRoot() {
        LoraConfig config = new LoraConfig(16, 32, 0, new TargetModules.AllLinear(), Map.of(), Map.of(), true);
        assertThat(LoraModules.resolve(config, LINEARS).get(0).scale()).isEqualTo(8.0);
    }

    @Test
    void initialWeights_areUniformInAAndZeroInB() {
        List<LoraModule> modules = LoraModules.resolve(LoraConfig.DEFAULT, LINEARS);
        AdapterWeights weights = InitialWeights.of(modules, 7);
        double bound = 1 / Math.sqrt(8);
        double squares = 0;
        int count = 0;
        for (ParameterLayout.Parameter parameter : weights.layout().parameters()) {
            for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
                float value = weights.values().get(i);
                if (parameter.name().endsWith("lora_B.weight")) {
                    assertThat(value).isZero();
                } else {
                    assertThat(Math.abs(value)).isLessThanOrEqualTo((float) bound);
                    squares += value * value;
                    count++;
                }
            }
        }
        assertThat(Math.sqrt(squares / count)).isEqualTo(bound / Math.sqrt(3), within(0.02));
        assertThat(InitialWeights.of(modules, 7).values()).isEqualTo(weights.values());
        assertThat(InitialWeights.of(modules, 8).values()).isNotEqualTo(weights.values());
    }

    private static List<String> paths(TargetModules targets) {
        LoraConfig config = new LoraConfig(4, 8, 0, targets, Map.of(), Map.of(), false);
        return LoraModules.resolve(config, LINEARS).stream()
                .map(LoraModule::path)
                .toList();
    }
}
