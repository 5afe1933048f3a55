package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Expected frequencies: the functions of transformers 5.18's {@code modeling_rope_utils.py} on the same parameters. */
class HuggingFaceRopeTest {
    @Test
    void linear_dividesEveryFrequency() {
        Rope rope = rope(8, 4096, Map.of("rope_theta", 10000.0, "rope_type", "linear", "factor", 4.0));
        assertRope(rope, 1, 0.25, 0.025, 0.0025, 0.00025);
    }

    @Test
    void llama3_matchesTransformers() {
        Rope rope = rope(
                16,
                131072,
                Map.of(
                        "rope_theta", 500000.0,
                        "rope_type", "llama3",
                        "factor", 8.0,
                        "low_freq_factor", 1.0,
                        "high_freq_factor", 4.0,
                        "original_max_position_embeddings", 8192L));
        assertRope(
                rope,
                1,
                1.0,
                0.193922758102417,
                0.03760603070259094,
                0.00729266507551074,
                0.0005248460220173001,
                3.428102354519069e-05,
                6.647870577580761e-06,
                1.289173155782919e-06);
    }

    @Test
    void yarn_matchesTransformers() {
        Rope rope = rope(
                16,
                131072,
                Map.of(
                        "rope_theta",
                        1000000.0,
                        "rope_type",
                        "yarn",
                        "factor",
                        4.0,
                        "original_max_position_embeddings",
                        32768L));
        assertRope(
                rope,
                1.138629436111989,
                1.0,
                0.17782793939113617,
                0.03162277862429619,
                0.004217559937387705,
                0.0005000000237487257,
                4.4456985051510856e-05,
                7.905693564680405e-06,
                1.405853367941745e-06);
    }

    @Test
    void yarnWithEverythingGiven_matchesTransformers() {
        Map<String, Object> parameters = new HashMap<>(Map.of(
                "rope_theta",
                10000.0,
                "rope_type",
                "yarn",
                "factor",
                40.0,
                "original_max_position_embeddings",
                4096L,
                "beta_fast",
                16L,
                "beta_slow",
                2L,
                "mscale",
                0.707,
                "mscale_all_dim",
                1.0));
        parameters.put("truncate", false);
        assertRope(
                rope(16, 131072, parameters),
                0.9210423553163399,
                1.0,
                0.3162277638912201,
                0.10000000149011612,
                0.03162277862429619,
                0.005790104623883963,
                0.00012395245721563697,
                2.499999936844688e-05,
                7.905694474175107e-06);
        parameters.put("attention_factor", 1.25);
        assertThat(rope(16, 131072, parameters).attentionFactor()).isEqualTo(1.25f);
    }

    @Test
    void dynamic_isUnscaledWithinTheContextLength() {
        Rope rope = rope(8, 4096, Map.of("rope_theta", 10000.0, "rope_type", "dynamic", "factor", 2.0));
        assertRope(rope, 1, 1, 0.1, 0.01, 0.001);
    }

    @Test
    void olderDialect_givesTheSameRope() {
        Map<String, Object> scaling = Map.of("type", "linear", "factor", 4.0);
        Rope rope = read(Map.of("rope_theta", 10000.0, "rope_scaling", scaling), 8, 4096);
        assertRope(rope, 1, 0.25, 0.025, 0.0025, 0.00025);
    }

    @Test
    void nothingGiven_isBase10000() {
        assertRope(read(Map.of(), 8, 4096), 1, 1, 0.1, 0.01, 0.001);
    }

    @Test
    void unsupported_isRefusedByName() {
        assertThatThrownBy(() -> rope(8, 4096, Map.of("rope_type", "longrope", "factor", 4.0)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("config.json", "rope_type = longrope", "yarn");
        assertThatThrownBy(() -> rope(8, 4096, Map.of("rope_type", "default", "partial_rotary_factor", 0.5)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("partial_rotary_factor = 0.5");
        assertThatThrownBy(() -> rope(8, 4096, Map.of("full_attention", Map.of("rope_type", "default"))))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("differs by layer type");
    }

    @Test
    void missingOrWrongParameter_isRefusedByName() {
        assertThatThrownBy(() -> rope(8, 4096, Map.of("rope_type", "linear")))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("factor is missing");
        assertThatThrownBy(() -> rope(8, 4096, Map.of("rope_type", "linear", "factor", -1.0)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("factor = -1.0");
    }

    private static Rope rope(int headSize, int contextLength, Map<String, Object> parameters) {
        return read(Map.of("rope_parameters", parameters), headSize, contextLength);
    }

    private static Rope read(Map<String, Object> config, int headSize, int contextLength) {
        return HuggingFaceRope.read(new Fields(Path.of("config.json"), "", config), headSize, contextLength);
    }

    private static void assertRope(Rope rope, double attentionFactor, double... frequencies) {
        assertThat(rope.attentionFactor()).isCloseTo((float) attentionFactor, within(1e-6f));
        assertThat(rope.inverseFrequencies()).hasSize(frequencies.length);
        for (int i = 0; i < frequencies.length; i++) {
            assertThat((double) rope.inverseFrequencies()[i]).isCloseTo(frequencies[i], within(1e-6 * frequencies[i]));
        }
    }
}
