package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.Host;
import io.millrace.trainer.method.Methods;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import io.millrace.trainer.search.Subnet;
import io.millrace.trainer.search.Supernet;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
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
    void gradientOfASubnet_isThatOfItsLoss(long seed) throws IOException {
        Adaptation noah = Methods.configure(
                        (ObjectNode)
                                new ObjectMapper()
                                        .readTree(
                                                "{\"method\": \"noah\", \"num_virtual_tokens\": 4, \"rank\": 4, \"bottleneck_size\": 4}"))
                .on(new Host(model, text -> new int[] {1}));
        Supernet supernet = noah.supernet().orElseThrow();
        Subnet subnet = supernet.drawn(seed, 0);
        float[] values = values(noah, subnet);
        float[] gradient = gradient(noah, values);
        int inUse = 0;
        for (ParameterLayout.Parameter parameter : noah.trained().layout().parameters()) {
            double square = square(parameter, gradient);
            if (square > 0) {
                inUse += parameter.name().endsWith("adapter_up.bias") ? 1 : 0;
                double reach = Math.min(1e-3 / square, 0.02 / Math.sqrt(square));
                double slope = (loss(noah, moved(values, parameter, gradient, reach))
                                - loss(noah, moved(values, parameter, gradient, -reach)))
                        / (2 * reach);
                assertThat(slope).as(parameter.name()).isCloseTo(square, within(0.03 * square + 1e-6 / reach));
            }
        }
        assertThat(inUse).isEqualTo((int)
                subnet.sizes().get(2).stream().filter(width -> width > 0).count());
        assertThat(Arrays.copyOfRange(gradient, supernet.place(), gradient.length))
                .containsOnly(0);
    }

    private static float[] values(Adaptation noah, Subnet subnet) {
        float[] values = new float[noah.trained().layout().size()];
        noah.initialise(1, FloatBuffer.wrap(values));
        Random random = new Random(11);
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (0.1 * random.nextGaussian());
        }
        float[] sizes = subnet.flat();
        System.arraycopy(sizes, 0, values, values.length - sizes.length, sizes.length);
        return values;
    }

    private static float[] gradient(Adaptation noah, float[] values) {
        AdapterWeights weights = new AdapterWeights(noah.trained().layout(), values);
        try (AdapterLearner learner = AdapterLearner.start(model, noah, TrainingState.start(weights, 0))) {
            return learner.gradient(BATCH, SETTINGS);
        }
    }

    private static double square(ParameterLayout.Parameter parameter, float[] gradient) {
        double square = 0;
        for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
            square += (double) gradient[i] * gradient[i];
        }
        return square;
    }

    private static float[] moved(float[] values, ParameterLayout.Parameter parameter, float[] direction, double step) {
        float[] moved = values.clone();
        for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
            moved[i] += (float) (step * direction[i]);
        }
        return moved;
    }

    private static double loss(Adaptation noah, float[] values) {
        List<ExampleLoss> losses = Scorer.losses(
                model,
                Optional.of(new TrainedAdapter(
                        noah, new AdapterWeights(noah.trained().layout(), values))),
                BATCH);
        return losses.stream().mapToDouble(ExampleLoss::sum).sum()
                / losses.stream().mapToDouble(ExampleLoss::weight).sum();
    }
}
