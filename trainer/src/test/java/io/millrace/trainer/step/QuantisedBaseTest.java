package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.Adaptations;
import io.millrace.trainer.Reference;
import io.millrace.trainer.TestDevice;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.GreedyDecoder;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.model.ModelTensor;
import io.millrace.trainer.model.SafetensorsFile;
import io.millrace.trainer.peft.AdapterWeights;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A base in NF4 computes what a dense one does that has the dequantised weights. */
class QuantisedBaseTest {
    private static final StepSettings SETTINGS = new StepSettings(0.01, 1, 0, 1, 4096, 0.9, 7);

    /** bitsandbytes' own, as a linear of a model. */
    @Test
    void weightsOfTheProgram_areThoseOfBitsandbytes() {
        ModelConfig config = TinyModel.plain();
        try (SafetensorsFile file = SafetensorsFile.open(Reference.copy().resolve("nf4/nf4.safetensors"))) {
            float[] weight = file.floats("square.weight");
            try (BaseModel model = BaseModel.load(
                    config,
                    TinyModel.weights(config, Map.of("model.layers.1.mlp.up_proj.weight", weight)),
                    FloatType.FLOAT32,
                    LinearStorage.NF4,
                    TestDevice.get())) {
                FloatBuffer found = FloatBuffer.allocate(weight.length);
                model.read("1.gate_up.weight", 80, 80, 32, found);
                assertThat(found.array()).containsExactly(file.floats("square.dequantised"), within(1e-6f));
            }
        }
    }

    static Stream<Arguments> configsAndModels() {
        return Stream.of(TinyModel.plain(), TinyModel.everything(), TinyModel.gpt2())
                .flatMap(model -> Stream.of(
                                "{\"method\": \"lora\", \"rank\": 4}",
                                "{\"method\": \"lora\", \"use_rslora\": true, \"dropout\": 0.2}",
                                "{\"method\": \"dora\"}",
                                "{\"method\": \"bitfit\"}")
                        .map(config -> Arguments.of(config, model)));
    }

    @ParameterizedTest
    @MethodSource("configsAndModels")
    void gradientsLossesAndContinuations_areThoseOfTheDequantisedWeights(String config, ModelConfig shape) {
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        try (BaseModel quantised = BaseModel.load(
                        shape, TinyModel.weights(shape), FloatType.FLOAT32, LinearStorage.NF4, TestDevice.get());
                BaseModel dense = TinyModel.load(shape, FloatType.FLOAT32, dequantised(quantised))) {
            AdapterWeights weights = Adaptations.somewhere(Adaptations.of(dense, config));
            float[] expected = gradient(dense, config, weights, batch);
            float[] actual = gradient(quantised, config, weights, batch);
            assertThat(actual).containsExactly(expected, within(1e-5f));
            assertThat(losses(quantised, config, weights, batch))
                    .containsExactly(losses(dense, config, weights, batch), within(1e-5));
            assertThat(continuation(quantised, config, weights)).isEqualTo(continuation(dense, config, weights));
        }
    }

    @Test
    void runThatStopsAndStartsAgain_endsWithTheSameBits() {
        ModelConfig shape = TinyModel.plain();
        try (BaseModel model = BaseModel.load(
                shape, TinyModel.weights(shape), FloatType.FLOAT32, LinearStorage.NF4, TestDevice.get())) {
            Adaptation adaptation = Adaptations.of(model, "{}");
            TrainingState start = TrainingState.start(Adaptations.somewhere(adaptation), 0);
            TrainingState straight = trained(model, adaptation, start, 0, 6);
            TrainingState resumed = trained(model, adaptation, trained(model, adaptation, start, 0, 3), 3, 6);
            assertThat(resumed.weights().values()).isEqualTo(straight.weights().values());
            assertThat(resumed.moments()).isEqualTo(straight.moments());
        }
    }

    private static TrainingState trained(
            BaseModel model, Adaptation adaptation, TrainingState from, int first, int last) {
        try (AdapterLearner learner = AdapterLearner.start(model, adaptation, from)) {
            for (int step = first; step < last; step++) {
                learner.step(TinyModel.sequences(8 + step, 20), SETTINGS);
            }
            return States.copy(learner);
        }
    }

    /** What the program makes of the linears, under the names and in the shapes of the file. */
    private static Map<String, float[]> dequantised(BaseModel model) {
        Map<String, float[]> found = new HashMap<>();
        for (ModelTensor tensor : model.tensors()) {
            if (tensor.key().endsWith(".weight")) {
                int rows = tensor.shape().get(tensor.transposed() ? 1 : 0);
                int columns = tensor.shape().get(tensor.transposed() ? 0 : 1);
                FloatBuffer held = FloatBuffer.allocate(rows * columns);
                model.read(tensor.held(), tensor.row(), rows, columns, held);
                float[] values = held.array().clone();
                for (int i = 0; tensor.transposed() && i < values.length; i++) {
                    values[i] = held.get(i % rows * columns + i / rows);
                }
                found.put(tensor.name(), values);
            }
        }
        return found;
    }

    private static float[] gradient(BaseModel model, String config, AdapterWeights weights, List<Sequence> batch) {
        Adaptation adaptation = Adaptations.of(model, config);
        BackwardPass backward = new AutogradBackwardPass(model, adaptation, weights);
        try (AdapterLearner learner =
                AdapterLearner.start(model, adaptation, TrainingState.start(weights, 0), backward)) {
            return learner.gradient(batch, SETTINGS);
        }
    }

    private static double[] losses(BaseModel model, String config, AdapterWeights weights, List<Sequence> batch) {
        return Scorer.losses(model, Optional.of(new TrainedAdapter(Adaptations.of(model, config), weights)), batch)
                .stream()
                .mapToDouble(ExampleLoss::mean)
                .toArray();
    }

    private static int[] continuation(BaseModel model, String config, AdapterWeights weights) {
        int[] prompt = TinyModel.sequences(12).get(0).ids();
        return GreedyDecoder.decode(
                        model,
                        Optional.of(new TrainedAdapter(Adaptations.of(model, config), weights)),
                        List.of(new GreedyDecoder.Prompt(prompt, 5)),
                        Set.of())
                .get(0);
    }
}
