package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.Reference;
import io.millrace.trainer.ReferenceModel;
import io.millrace.trainer.method.AdapterFolder;
import io.millrace.trainer.method.Host;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.SafetensorsFile;
import io.millrace.trainer.peft.ParameterLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against what PEFT's autograd gives ({@code gradients/make_gradients.py}): no difference of losses shows it, since lengths count as constant. */
class DoraGradientTest {
    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-qwen2"})
    void gradient_isThatOfPeft(String name) {
        ReferenceModel reference = ReferenceModel.copy(name);
        try (BaseModel model = reference.load(FloatType.FLOAT32);
                SafetensorsFile expected =
                        SafetensorsFile.open(Reference.copy().resolve("gradients/" + name + "-dora.safetensors"))) {
            TrainedAdapter dora = AdapterFolder.read(
                            Reference.copy().resolve(name).resolve("adapters/dora"),
                            new Host(model, text -> new int[0]))
                    .adapter();
            TrainingState state = TrainingState.start(dora.weights(), 0);
            try (AdapterLearner learner = AdapterLearner.start(model, dora.adaptation(), state)) {
                float[] gradient = learner.gradient(
                        reference.sequences(), new StepSettings(0.01, 1, 0, Double.POSITIVE_INFINITY, 4096, 0, 0));
                for (ParameterLayout.Parameter parameter :
                        dora.weights().layout().parameters()) {
                    assertClose(parameter, gradient, expected.floats(parameter.name()));
                }
            }
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
