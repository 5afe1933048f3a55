package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.Floats;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.GreedyDecoder;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.Host;
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
import java.util.Random;
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
    void gradientOfEachTensor_isThatOfTheLoss(String config, Shape shape) throws IOException {
        BaseModel model = model(shape);
        Adaptation adaptation = adaptation(model, config);
        AdapterWeights weights = somewhere(adaptation);
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        float[] gradient = gradient(model, adaptation, weights, batch);
        for (ParameterLayout.Parameter parameter : weights.layout().parameters()) {
            if (stays(adaptation, parameter)) {
                continue;
            }
            if (adaptation.method().equals("dora")
                    && parameter.name().contains(".lora_")
                    && !parameter.name().endsWith("magnitude_vector")) {
                continue;
            }
            double square = 0;
            for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
                square += (double) gradient[i] * gradient[i];
            }
            assertThat(square).as(parameter.name()).isPositive();
            double reach = Math.min(1e-3 / square, 0.02 / Math.sqrt(square));
            double slope = slope(model, adaptation, weights, parameter, gradient, reach, batch);
            for (int look = 0; look < 2 && Math.abs(slope - square) > 0.02 * square; look++) {
                reach /= 4;
                slope = slope(model, adaptation, weights, parameter, gradient, reach, batch);
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

    private static double slope(
            BaseModel model,
            Adaptation adaptation,
            AdapterWeights weights,
            ParameterLayout.Parameter parameter,
            float[] direction,
            double reach,
            List<Sequence> batch) {
        return (loss(model, moved(weights, parameter, direction, reach), adaptation, batch)
                        - loss(model, moved(weights, parameter, direction, -reach), adaptation, batch))
                / (2 * reach);
    }

    private static AdapterWeights moved(
            AdapterWeights weights, ParameterLayout.Parameter parameter, float[] direction, double step) {
        float[] moved = Floats.of(weights);
        for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
            moved[i] += (float) (step * direction[i]);
        }
        return new AdapterWeights(weights.layout(), moved);
    }

    private static double loss(BaseModel model, AdapterWeights weights, Adaptation adaptation, List<Sequence> batch) {
        List<ExampleLoss> losses = Scorer.losses(model, Optional.of(new TrainedAdapter(adaptation, weights)), batch);
        return losses.stream().mapToDouble(ExampleLoss::sum).sum()
                / losses.stream().mapToDouble(ExampleLoss::weight).sum();
    }

    private static float[] gradient(
            BaseModel model, Adaptation adaptation, AdapterWeights weights, List<Sequence> batch) {
        BackwardPass backward = BackwardPass.autograd(model, adaptation, weights);
        try (AdapterLearner learner =
                AdapterLearner.start(model, adaptation, TrainingState.start(weights, 0), backward)) {
            return learner.gradient(batch, SETTINGS);
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void steps_lowerTheLossOfWhatTheyAreTakenOn(String config, Shape shape) throws IOException {
        BaseModel model = model(shape);
        Adaptation adaptation = adaptation(model, config);
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        AdapterWeights start = initial(adaptation, 1);
        try (AdapterLearner learner = AdapterLearner.start(model, adaptation, TrainingState.start(start, 0))) {
            for (int step = 0; step < 6; step++) {
                assertThat(learner.step(batch, SETTINGS)).isInstanceOf(StepOutcome.Applied.class);
            }
            assertThat(loss(model, learner.state().weights(), adaptation, batch))
                    .isLessThan(loss(model, start, adaptation, batch));
        }
    }

    /** Where nothing else in a step changes them. */
    @ParameterizedTest
    @MethodSource("methods")
    void valuesThatStay_areNotChangedBySteps(String config, Shape shape) throws IOException {
        BaseModel model = model(shape);
        Adaptation adaptation = adaptation(model, config);
        if (adaptation.changing().isEmpty() || adaptation.takesPartInSteps()) {
            return;
        }
        float[] before = Floats.of(somewhere(adaptation));
        float[] after = Floats.of(trained(model, adaptation, TrainingState.start(somewhere(adaptation), 0), 0, 3)
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
    void learnersGradient_isThatOfAutograd(String config, Shape shape) throws IOException {
        BaseModel model = model(shape);
        Adaptation adaptation = adaptation(model, config);
        if (adaptation.plainLora().isEmpty()) {
            return;
        }
        AdapterWeights weights = somewhere(adaptation);
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        float[] expected = gradient(model, adaptation, weights, batch);
        try (AdapterLearner learner = AdapterLearner.start(model, adaptation, TrainingState.start(weights, 0))) {
            assertThat(learner.gradient(batch, SETTINGS)).containsExactly(expected, within(2e-4f));
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void sameSeed_startsAlike(String config, Shape shape) throws IOException {
        Adaptation adaptation = adaptation(model(shape), config);
        assertThat(Floats.of(initial(adaptation, 5))).isEqualTo(Floats.of(initial(adaptation, 5)));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void runThatStopsAndStartsAgain_endsWithTheSameBits(String config, Shape shape) throws IOException {
        BaseModel model = model(shape);
        Adaptation adaptation = adaptation(model, config);
        TrainingState start = TrainingState.start(initial(adaptation, 1), 0);
        TrainingState straight = trained(model, adaptation, start, 0, 6);
        TrainingState half = trained(model, adaptation, start, 0, 3);
        TrainingState resumed = trained(model, adaptation(model, config), half, 3, 6);
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
    void exportedWeights_computeTheSameWhenRestored(String config, Shape shape) throws IOException {
        BaseModel model = model(shape);
        Adaptation adaptation = adaptation(model, config);
        AdapterWeights weights = somewhere(adaptation);
        FloatBuffer restored = FloatBuffer.allocate(weights.layout().size());
        adaptation.restore(adaptation.export(weights), 3, restored);
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        assertThat(loss(model, new AdapterWeights(weights.layout(), restored.array()), adaptation, batch))
                .isCloseTo(loss(model, weights, adaptation, batch), within(1e-5));
    }

    /** Decoding carries on what scoring sees. */
    @ParameterizedTest
    @MethodSource("methods")
    void decodedTokens_areTheLikeliestOfTheLogits(String config, Shape shape) throws IOException {
        BaseModel model = model(shape);
        Adaptation adaptation = adaptation(model, config);
        Optional<TrainedAdapter> adapter = Optional.of(new TrainedAdapter(adaptation, somewhere(adaptation)));
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
    void training_leavesTheBaseModelAlone(String config, Shape shape) throws IOException {
        BaseModel model = model(shape);
        Adaptation adaptation = adaptation(model, config);
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        List<ExampleLoss> before = Scorer.losses(model, Optional.empty(), batch);
        trained(model, adaptation, TrainingState.start(somewhere(adaptation), 0), 0, 2);
        assertThat(Scorer.losses(model, Optional.empty(), batch)).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("methods")
    void bfloat16_givesNearlyTheGradientOfFloat32(String config, Shape shape) throws IOException {
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        try (BaseModel rounded = shape.load(FloatType.BFLOAT16)) {
            BaseModel exact = model(shape);
            AdapterWeights weights = somewhere(adaptation(exact, config));
            float[] expected = gradient(exact, adaptation(exact, config), weights, batch);
            float[] actual = gradient(rounded, adaptation(rounded, config), weights, batch);
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

    private static Adaptation adaptation(BaseModel model, String config) throws IOException {
        return Methods.configure((ObjectNode) JSON.readTree(config))
                .on(new Host(model, text -> text.chars().map(c -> c % 320).toArray()));
    }

    private static AdapterWeights initial(Adaptation adaptation, long seed) {
        FloatBuffer values = FloatBuffer.allocate(adaptation.trained().layout().size());
        adaptation.initialise(seed, values);
        return new AdapterWeights(adaptation.trained().layout(), values.array());
    }

    /** Away from the start, where much is zero. */
    private static AdapterWeights somewhere(Adaptation adaptation) {
        Random random = new Random(11);
        float[] values = Floats.of(initial(adaptation, 1));
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (0.1 * random.nextGaussian());
        }
        return new AdapterWeights(adaptation.trained().layout(), values);
    }
}
