package io.millrace.trainer.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.Adaptations;
import io.millrace.trainer.Floats;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import io.millrace.trainer.search.Supernet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a part of NOAH's supernet computes. */
class NoahTest {
    private static final String SMALL =
            "{\"method\": \"noah\", \"num_virtual_tokens\": 4, \"rank\": 4, \"bottleneck_size\": 4%s}";

    private static BaseModel model;

    @BeforeAll
    static void load() {
        model = TinyModel.load(TinyModel.everything(), FloatType.FLOAT32);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void whatIsNotInUse_changesNothing() {
        Adaptation noah = Adaptations.of(model, SMALL.formatted(""));
        float[] weights = Floats.of(Adaptations.somewhere(noah));
        use(noah, weights, 2, 1, 3);
        double loss = loss(noah, weights);
        float[] other = weights.clone();
        for (ParameterLayout.Parameter parameter : noah.trained().layout().parameters()) {
            for (int i = 0; i < parameter.size(); i++) {
                if (!isInUse(parameter, i, 2, 1, 3)) {
                    other[parameter.offset() + i] += 3;
                }
            }
        }
        assertThat(other).isNotEqualTo(weights);
        assertThat(loss(noah, other)).isCloseTo(loss, within(1e-6));
        use(noah, other, 4, 4, 4);
        assertThat(loss(noah, other)).isNotCloseTo(loss, within(1e-3));
    }

    /** Whether a value belongs to the first virtual tokens, ranks or channels. */
    private static boolean isInUse(ParameterLayout.Parameter parameter, int i, int prompt, int rank, int width) {
        String name = parameter.name();
        int columns = parameter.shape().get(parameter.shape().size() - 1);
        if (name.equals("prompt")) {
            return i / columns < prompt;
        } else if (name.endsWith("lora_A.weight")) {
            return i / columns < rank;
        } else if (name.endsWith("lora_B.weight")) {
            return i % columns < rank;
        } else if (name.endsWith("adapter_down.weight")) {
            return i / columns < width;
        } else if (name.endsWith("adapter_down.bias") || name.endsWith("adapter_up.weight")) {
            return i % columns < width;
        }
        return true;
    }

    /** Tokens in front shift all positions alike, which rotary embeddings don't see. */
    @Test
    void loraAlone_isLora() {
        Adaptation noah = Adaptations.of(model, SMALL.formatted(""));
        float[] weights = Floats.of(Adaptations.somewhere(noah));
        use(noah, weights, 0, 3, 0);
        Adaptation lora = Adaptations.of(
                model,
                "{\"method\": \"lora\", \"rank\": 3, \"alpha\": 6, \"target_modules\": [\"q_proj\", \"k_proj\", \"v_proj\"]}");
        assertThat(loss(noah, weights)).isCloseTo(loss(lora, part(noah, weights, lora)), within(1e-4));
    }

    @Test
    void bottleneckAlone_isPfeiffers() {
        Adaptation noah = Adaptations.of(model, SMALL.formatted(""));
        float[] weights = Floats.of(Adaptations.somewhere(noah));
        use(noah, weights, 0, 0, 2);
        int width = model.config().hiddenSize();
        Adaptation pfeiffer =
                Adaptations.of(model, "{\"method\": \"pfeiffer\", \"reduction_factor\": %d}".formatted(width / 2));
        assertThat(loss(noah, weights)).isCloseTo(loss(pfeiffer, part(noah, weights, pfeiffer)), within(1e-4));
    }

    @Test
    void nothingInUse_isTheModel() {
        Adaptation noah = Adaptations.of(model, SMALL.formatted(""));
        float[] weights = Floats.of(Adaptations.somewhere(noah));
        use(noah, weights, 0, 0, 0);
        assertThat(loss(noah, weights)).isCloseTo(loss(Optional.empty()), within(1e-4));
    }

    /** Another adapter's weights from the first ranks and channels of this one's: both have these in the same order. */
    private static float[] part(Adaptation noah, float[] weights, Adaptation smaller) {
        float[] part = new float[smaller.trained().layout().size()];
        for (ParameterLayout.Parameter to : smaller.trained().layout().parameters()) {
            String suffix = to.name()
                    .replace("base_model.model.", "")
                    .replace(".output_adapters.adapters.millrace.", ".fed_forward.")
                    .replace("adapter_down.0", "adapter_down");
            ParameterLayout.Parameter from = noah.trained().layout().parameters().stream()
                    .filter(candidate -> suffix.endsWith(candidate.name()))
                    .findFirst()
                    .orElseThrow();
            int columns = to.shape().get(to.shape().size() - 1);
            int columnsBefore = from.shape().get(from.shape().size() - 1);
            for (int i = 0; i < to.size(); i++) {
                part[to.offset() + i] = weights[from.offset() + i / columns * columnsBefore + i % columns];
            }
        }
        return part;
    }

    @Test
    void budgetBelowTheSmallestSubnet_isRefused() {
        assertThatThrownBy(() -> Adaptations.of(model, SMALL.formatted(", \"parameter_budget\": 7")))
                .hasMessageMatching("parameter_budget is 7; on this model it must be at least \\d+, .*");
    }

    @Test
    void searchMayChange_whileTheAdapterTrains_sizesMayNot() {
        MethodConfig config = Adaptations.config(SMALL.formatted(""));
        assertThat(Adaptations.config(SMALL.formatted(", \"search_rounds\": 1, \"supernet_steps\": 3"))
                        .continues(config))
                .isTrue();
        assertThat(Adaptations.config("{\"method\": \"noah\"}").continues(config))
                .isFalse();
    }

    @Test
    void budget_isHalfOfTheLargest_unlessSaid() {
        Supernet supernet =
                Adaptations.of(model, SMALL.formatted("")).supernet().orElseThrow();
        assertThat(supernet.space().budget())
                .isEqualTo(supernet.space().parameters(supernet.space().largest()) / 2);
        assertThat(Adaptations.of(model, SMALL.formatted(", \"parameter_budget\": 100000"))
                        .supernet()
                        .orElseThrow()
                        .space()
                        .budget())
                .isEqualTo(100_000);
    }

    private static void use(Adaptation noah, float[] weights, int prompt, int rank, int width) {
        int place = noah.supernet().orElseThrow().place();
        int layers = model.config().layers();
        for (int layer = 0; layer < layers; layer++) {
            weights[place + layer] = prompt;
            weights[place + layers + layer] = rank;
            weights[place + 2 * layers + layer] = width;
        }
    }

    private static double loss(Adaptation adaptation, float[] weights) {
        return loss(Optional.of(new TrainedAdapter(
                adaptation, new AdapterWeights(adaptation.trained().layout(), weights))));
    }

    private static double loss(Optional<TrainedAdapter> adapter) {
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        return Scorer.losses(model, adapter, batch).stream()
                .mapToDouble(ExampleLoss::sum)
                .sum();
    }
}
