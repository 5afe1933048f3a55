package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.trainer.Adaptations;
import io.millrace.trainer.Floats;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.GreedyDecoder;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.Methods;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What has to hold for every method that is registered, with its defaults and with some settings that matter. */
class EveryMethodTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final StepSettings SETTINGS = new StepSettings(0.01, 1, 0, 1, 4096, 0.9, 7);

    private static final Map<Shape, BaseModel> MODELS = new EnumMap<>(Shape.class);

    enum Shape {
        PLAIN(TinyModel.plain()),
        EVERYTHING(TinyModel.everything()),
        GPT2(TinyModel.gpt2());

        private final ModelConfig config;

        Shape(ModelConfig config) {
            this.config = config;
        }

        BaseModel load(FloatType type) {
            return TinyModel.load(config, type);
        }
    }

    @BeforeAll
    static void load() {
        for (Shape shape : Shape.values()) {
            MODELS.put(shape, shape.load(FloatType.FLOAT32));
        }
    }

    @AfterAll
    static void close() {
        MODELS.values().forEach(BaseModel::close);
    }

    private static BaseModel model(Shape shape) {
        return Objects.requireNonNull(MODELS.get(shape));
    }

    static Stream<Arguments> methods() throws IOException {
        List<String> defaults = Methods.names().stream()
                .map(name -> "{\"method\": \"" + name + "\"}")
                .toList();
        return Stream.of(
                        arguments(defaults, Shape.values()),
                        arguments(configs("configs.json"), Shape.PLAIN, Shape.EVERYTHING),
                        arguments(configs("configs-gpt2.json"), Shape.GPT2))
                .flatMap(Function.identity());
    }

    private static Stream<Arguments> arguments(List<String> configs, Shape... shapes) {
        return configs.stream().flatMap(config -> Stream.of(shapes).map(shape -> Arguments.of(config, shape)));
    }

    private static List<String> configs(String file) throws IOException {
        return JSON.readTree(EveryMethodTest.class.getResource(file)).properties().stream()
                .map(entry -> entry.getValue().toString())
                .toList();
    }

    /**
     * Central differences of the loss, tensor by tensor, along its gradient; nearer looks where a ReLU's kink is between.
     * DoRA's A and B are left out: their gradient isn't the loss's, since the lengths count as constant.
     */
    @ParameterizedTest
    @MethodSource("methods")
    void gradientOfEachTensor_isThatOfTheLoss(String config, Shape shape) {
        BaseModel model = model(shape);
        Adaptation adaptation = Adaptations.of(model, config);
        AdapterWeights weights = Adaptations.somewhere(adaptation);
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        float[] gradient = gradient(model, adaptation, weights, batch);
        LossSurface surface = new LossSurface(model, adaptation, batch);
        for (ParameterLayout.Parameter parameter : weights.layout().parameters()) {
            if (stays(adaptation, parameter)) {
                continue;
            }
            if (adaptation.method().equals("dora")
                    && parameter.name().contains(".lora_")
                    && !parameter.name().endsWith("magnitude_vector")) {
                continue;
            }
            double square = LossSurface.square(parameter, gradient);
            assertThat(square).as(parameter.name()).isPositive();
            double reach = Math.min(1e-3 / square, 0.02 / Math.sqrt(square));
            double slope = surface.slope(weights, parameter, gradient, reach);
            for (int look = 0; look < 2 && Math.abs(slope - square) > 0.02 * square; look++) {
                reach /= 4;
                slope = surface.slope(weights, parameter, gradient, reach);
            }
            // a loss is rounded by about 1e-6
            assertThat(slope).as(parameter.name()).isCloseTo(square, within(0.02 * square + 1e-6 / reach));
        }
    }

    private static boolean stays(Adaptation adaptation, ParameterLayout.Parameter parameter) {
        return adaptation
                .changing()
                .filter(mask -> IntStream.range(parameter.offset(), parameter.offset() + parameter.size())
                        .allMatch(i -> mask.get(i) == 0))
                .isPresent();
    }

    private static float[] gradient(
            BaseModel model, Adaptation adaptation, AdapterWeights weights, List<Sequence> batch) {
        BackwardPass backward = new AutogradBackwardPass(model, adaptation, weights);
        try (AdapterLearner learner =
                AdapterLearner.start(model, adaptation, TrainingState.start(weights, 0), backward)) {
            return learner.gradient(batch, SETTINGS);
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void steps_lowerTheLossOfWhatTheyAreTakenOn(String config, Shape shape) {
        BaseModel model = model(shape);
        Adaptation adaptation = Adaptations.of(model, config);
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        AdapterWeights start = Adaptations.initial(adaptation, 1);
        try (AdapterLearner learner = AdapterLearner.start(model, adaptation, TrainingState.start(start, 0))) {
            for (int step = 0; step < 6; step++) {
                assertThat(learner.step(batch, SETTINGS)).isInstanceOf(StepOutcome.Applied.class);
            }
            LossSurface surface = new LossSurface(model, adaptation, batch);
            assertThat(surface.at(learner.state().weights())).isLessThan(surface.at(start));
        }
    }

    /** Where nothing else in a step changes them. */
    @ParameterizedTest
    @MethodSource("methods")
    void valuesThatStay_areNotChangedBySteps(String config, Shape shape) {
        BaseModel model = model(shape);
        Adaptation adaptation = Adaptations.of(model, config);
        if (adaptation.changing().isEmpty() || adaptation.takesPartInSteps()) {
            return;
        }
        float[] before = Floats.of(Adaptations.somewhere(adaptation));
        float[] after =
                Floats.of(trained(model, adaptation, TrainingState.start(Adaptations.somewhere(adaptation), 0), 0, 3)
                        .weights());
        FloatBuffer mask = adaptation.changing().orElseThrow();
        assertThat(after).isNotEqualTo(before);
        for (int i = 0; i < before.length; i++) {
            if (mask.get(i) == 0) {
                assertThat(after[i]).isEqualTo(before[i]);
            }
        }
    }

    /** By whichever backward pass a learner chooses. */
    @ParameterizedTest
    @MethodSource("methods")
    void learnersGradient_isThatOfAutograd(String config, Shape shape) {
        BaseModel model = model(shape);
        Adaptation adaptation = Adaptations.of(model, config);
        if (adaptation.plainLora().isEmpty()) {
            return;
        }
        AdapterWeights weights = Adaptations.somewhere(adaptation);
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        float[] expected = gradient(model, adaptation, weights, batch);
        try (AdapterLearner learner = AdapterLearner.start(model, adaptation, TrainingState.start(weights, 0))) {
            assertThat(learner.gradient(batch, SETTINGS)).containsExactly(expected, within(2e-4f));
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void sameSeed_startsAlike(String config, Shape shape) {
        Adaptation adaptation = Adaptations.of(model(shape), config);
        assertThat(Floats.of(Adaptations.initial(adaptation, 5)))
                .isEqualTo(Floats.of(Adaptations.initial(adaptation, 5)));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void runThatStopsAndStartsAgain_endsWithTheSameBits(String config, Shape shape) {
        BaseModel model = model(shape);
        Adaptation adaptation = Adaptations.of(model, config);
        TrainingState start = TrainingState.start(Adaptations.initial(adaptation, 1), 0);
        TrainingState straight = trained(model, adaptation, start, 0, 6);
        TrainingState half = trained(model, adaptation, start, 0, 3);
        TrainingState resumed = trained(model, Adaptations.of(model, config), half, 3, 6);
        assertThat(resumed.weights().values()).isEqualTo(straight.weights().values());
        assertThat(resumed.average().values()).isEqualTo(straight.average().values());
        assertThat(resumed.moments()).isEqualTo(straight.moments());
    }

    private static TrainingState trained(
            BaseModel model, Adaptation adaptation, TrainingState from, int first, int last) {
        try (AdapterLearner learner = AdapterLearner.start(model, adaptation, from)) {
            for (int step = first; step < last; step++) {
                learner.step(TinyModel.sequences(8 + step, 20, 33 - step), SETTINGS);
            }
            return States.copy(learner);
        }
    }

    /** What is published computes the same when it comes back, and training can go on from it. */
    @ParameterizedTest
    @MethodSource("methods")
    void exportedWeights_computeTheSameWhenRestored(String config, Shape shape) {
        BaseModel model = model(shape);
        Adaptation adaptation = Adaptations.of(model, config);
        AdapterWeights weights = Adaptations.somewhere(adaptation);
        FloatBuffer restored = FloatBuffer.allocate(weights.layout().size());
        adaptation.restore(adaptation.export(weights), 3, restored);
        LossSurface surface = new LossSurface(model, adaptation, TinyModel.sequences(9, 40, 33, 5));
        assertThat(surface.at(new AdapterWeights(weights.layout(), restored.array())))
                .isCloseTo(surface.at(weights), within(1e-5));
    }

    /** Decoding carries on what scoring sees. */
    @ParameterizedTest
    @MethodSource("methods")
    void decodedTokens_areTheLikeliestOfTheLogits(String config, Shape shape) {
        BaseModel model = model(shape);
        Adaptation adaptation = Adaptations.of(model, config);
        Optional<TrainedAdapter> adapter =
                Optional.of(new TrainedAdapter(adaptation, Adaptations.somewhere(adaptation)));
        int[] prompt = TinyModel.sequences(12).get(0).ids();
        int[] shorter = Arrays.copyOf(prompt, 7);
        List<int[]> found = GreedyDecoder.decode(
                model,
                adapter,
                List.of(new GreedyDecoder.Prompt(prompt, 6), new GreedyDecoder.Prompt(shorter, 6)),
                Set.of());
        assertLikeliest(model, adapter, prompt, found.get(0));
        assertLikeliest(model, adapter, shorter, found.get(1));
    }

    private static void assertLikeliest(
            BaseModel model, Optional<TrainedAdapter> adapter, int[] prompt, int[] continuation) {
        int[] ids = Arrays.copyOf(prompt, prompt.length + continuation.length);
        System.arraycopy(continuation, 0, ids, prompt.length, continuation.length);
        float[][] logits = Scorer.logits(model, adapter, ids);
        for (int i = 0; i < continuation.length; i++) {
            float[] row = logits[prompt.length - 1 + i];
            float most = row[0];
            for (float logit : row) {
                most = Math.max(most, logit);
            }
            assertThat(row[continuation[i]]).isCloseTo(most, within(1e-4f));
        }
    }

    /** The base model is as it was, whatever was trained on it. */
    @ParameterizedTest
    @MethodSource("methods")
    void training_leavesTheBaseModelAlone(String config, Shape shape) {
        BaseModel model = model(shape);
        Adaptation adaptation = Adaptations.of(model, config);
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        List<ExampleLoss> before = Scorer.losses(model, Optional.empty(), batch);
        trained(model, adaptation, TrainingState.start(Adaptations.somewhere(adaptation), 0), 0, 2);
        assertThat(Scorer.losses(model, Optional.empty(), batch)).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("methods")
    void bfloat16_givesNearlyTheGradientOfFloat32(String config, Shape shape) {
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        try (BaseModel rounded = shape.load(FloatType.BFLOAT16)) {
            BaseModel exact = model(shape);
            AdapterWeights weights = Adaptations.somewhere(Adaptations.of(exact, config));
            float[] expected = gradient(exact, Adaptations.of(exact, config), weights, batch);
            float[] actual = gradient(rounded, Adaptations.of(rounded, config), weights, batch);
            double product = 0;
            double squares = 0;
            double expectedSquares = 0;
            for (int i = 0; i < expected.length; i++) {
                product += (double) actual[i] * expected[i];
                squares += (double) actual[i] * actual[i];
                expectedSquares += (double) expected[i] * expected[i];
            }
            assertThat(product / Math.sqrt(squares * expectedSquares)).isGreaterThan(0.97);
        }
    }
}
