package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.Reference;
import io.millrace.trainer.ReferenceModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.Host;
import io.millrace.trainer.method.Methods;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.SafetensorsFile;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Methods that PEFT doesn't have, against a few lines of PyTorch in float64 ({@code methods/make_methods.py}), which know
 * nothing of our program's text.
 */
class MethodGradientTest {
    private static final String OF_PEFT = "base_model.model.";

    /**
     * A method on one of the reference models.
     *
     * @param name in the fixture
     */
    record Case(String model, String name, String config, LinearStorage storage) {
        @Override
        public String toString() {
            return model + " " + name;
        }
    }

    static Stream<Arguments> cases() {
        return Stream.of("tiny-llama", "tiny-qwen2")
                .flatMap(model -> Stream.of(
                        dense(model, "bitfit", "{'method': 'bitfit'}"),
                        dense(model, "pfeiffer", "{'method': 'pfeiffer', 'reduction_factor': 4}"),
                        dense(model, "houlsby", "{'method': 'houlsby', 'reduction_factor': 4}"),
                        dense(model, "madx", "{'method': 'madx', 'reduction_factor': 4}"),
                        dense(model, "madx-task", "{'method': 'madx', 'reduction_factor': 4, 'phase': 'task'}"),
                        dense(
                                model,
                                "unipelt",
                                "{'method': 'unipelt', 'num_virtual_tokens': 4, 'rank': 3, 'bottleneck_size': 5}"),
                        dense(
                                model,
                                "noah",
                                "{'method': 'noah', 'num_virtual_tokens': 4, 'rank': 3, 'bottleneck_size': 5}"),
                        new Case(model, "nf4", "{'method': 'lora', 'rank': 3, 'alpha': 6}", LinearStorage.NF4)))
                .map(Arguments::of);
    }

    private static Case dense(String model, String name, String config) {
        return new Case(model, name, config, LinearStorage.DENSE);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void lossAndGradients_areThoseOfPyTorchInFloat64(Case one) throws IOException {
        ReferenceModel reference = ReferenceModel.copy(one.model());
        try (BaseModel model = reference.load(FloatType.FLOAT32, one.storage());
                SafetensorsFile expected = SafetensorsFile.open(
                        Reference.copy().resolve("methods/%s.safetensors".formatted(one.model())))) {
            Adaptation adaptation = Methods.configure((ObjectNode)
                            new ObjectMapper().readTree(one.config().replace('\'', '"')))
                    .on(new Host(model, text -> new int[0]));
            AdapterWeights weights = weights(adaptation.trained().layout(), expected, one);

            assertThat(loss(model, Optional.empty(), reference))
                    .isCloseTo(expected.floats(one.name() + ".base")[0], within(1e-5));
            assertThat(loss(model, Optional.of(new TrainedAdapter(adaptation, weights)), reference))
                    .isCloseTo(expected.floats(one.name() + ".loss")[0], within(1e-5));

            float[] gradient = gradient(model, adaptation, weights, reference);
            for (ParameterLayout.Parameter parameter : weights.layout().parameters()) {
                if (changes(adaptation, parameter)) {
                    assertClose(parameter, gradient, expected.floats(key(one, "gradient", parameter)));
                }
            }
        }
    }

    private static String key(Case one, String what, ParameterLayout.Parameter parameter) {
        String name = parameter.name();
        return "%s.%s.%s"
                .formatted(one.name(), what, name.startsWith(OF_PEFT) ? name.substring(OF_PEFT.length()) : name);
    }

    /** The fixture's; zeros where it has none, which is what doesn't take part. */
    private static AdapterWeights weights(ParameterLayout layout, SafetensorsFile fixture, Case one) {
        float[] values = new float[layout.size()];
        for (ParameterLayout.Parameter parameter : layout.parameters()) {
            if (fixture.names().contains(key(one, "value", parameter))) {
                float[] own = fixture.floats(key(one, "value", parameter));
                assertThat(own).as(parameter.name()).hasSize(parameter.size());
                System.arraycopy(own, 0, values, parameter.offset(), own.length);
            }
        }
        return new AdapterWeights(layout, values);
    }

    private static boolean changes(Adaptation adaptation, ParameterLayout.Parameter parameter) {
        return adaptation
                .changing()
                .map(mask -> mask.get(parameter.offset()) != 0)
                .orElse(true);
    }

    private static double loss(BaseModel model, Optional<TrainedAdapter> adapter, ReferenceModel reference) {
        List<ExampleLoss> losses = Scorer.losses(model, adapter, reference.sequences());
        return losses.stream().mapToDouble(ExampleLoss::sum).sum()
                / losses.stream().mapToDouble(ExampleLoss::weight).sum();
    }

    private static float[] gradient(
            BaseModel model, Adaptation adaptation, AdapterWeights weights, ReferenceModel reference) {
        try (AdapterLearner learner = AdapterLearner.start(model, adaptation, TrainingState.start(weights, 0))) {
            return learner.gradient(
                    reference.sequences(), new StepSettings(0.01, 1, 0, Double.POSITIVE_INFINITY, 4096, 0, 0));
        }
    }

    private static void assertClose(ParameterLayout.Parameter parameter, float[] actual, float[] expected) {
        float largest = 0;
        float difference = 0;
        for (int i = 0; i < parameter.size(); i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - actual[parameter.offset() + i]));
        }
        assertThat(difference / largest).as(parameter.name()).isLessThan(1e-4f);
    }
}
