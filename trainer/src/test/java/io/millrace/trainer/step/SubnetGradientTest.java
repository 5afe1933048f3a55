package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.Adaptations;
import io.millrace.trainer.Floats;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import io.millrace.trainer.search.Subnet;
import io.millrace.trainer.search.Supernet;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients where a part of a supernet is in use. */
class SubnetGradientTest {
    private static final StepSettings SETTINGS = new StepSettings(0.01, 1, 0, 1, 4096, 0.9, 7);
    private static final List<Sequence> BATCH = TinyModel.sequences(9, 40, 33, 5);

    private static BaseModel model;

    @BeforeAll
    static void load() {
        model = TinyModel.load(TinyModel.everything(), FloatType.FLOAT32);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    /** Central differences of the loss, tensor by tensor, along its gradient; what isn't in use has none. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void gradientOfASubnet_isThatOfItsLoss(long seed) {
        Adaptation noah = Adaptations.of(
                model, "{\"method\": \"noah\", \"num_virtual_tokens\": 4, \"rank\": 4, \"bottleneck_size\": 4}");
        LossSurface surface = new LossSurface(model, noah, BATCH);
        Supernet supernet = noah.supernet().orElseThrow();
        Subnet subnet = supernet.drawn(seed, 0);
        AdapterWeights weights = weights(noah, subnet);
        float[] gradient = gradient(noah, weights);
        int inUse = 0;
        for (ParameterLayout.Parameter parameter : noah.trained().layout().parameters()) {
            double square = LossSurface.square(parameter, gradient);
            if (square > 0) {
                inUse += parameter.name().endsWith("adapter_up.bias") ? 1 : 0;
                double reach = Math.min(1e-3 / square, 0.02 / Math.sqrt(square));
                double slope = surface.slope(weights, parameter, gradient, reach);
                assertThat(slope).as(parameter.name()).isCloseTo(square, within(0.03 * square + 1e-6 / reach));
            }
        }
        assertThat(inUse).isEqualTo((int)
                subnet.sizes().get(2).stream().filter(width -> width > 0).count());
        assertThat(Arrays.copyOfRange(gradient, supernet.place(), gradient.length))
                .containsOnly(0);
    }

    private static AdapterWeights weights(Adaptation noah, Subnet subnet) {
        float[] values = Floats.of(Adaptations.somewhere(noah));
        float[] sizes = subnet.flat();
        System.arraycopy(sizes, 0, values, values.length - sizes.length, sizes.length);
        return new AdapterWeights(noah.trained().layout(), values);
    }

    private static float[] gradient(Adaptation noah, AdapterWeights weights) {
        try (AdapterLearner learner = AdapterLearner.start(model, noah, TrainingState.start(weights, 0))) {
            return learner.gradient(BATCH, SETTINGS);
        }
    }
}
