package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.Floats;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.method.Lora;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.LoraAdapter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** LoRA's gradients and losses: by hand as by autograd, however a batch is packed. */
class LoraGradientTest {
    private static final StepSettings SETTINGS = new StepSettings(0.01, 1, 0.01, 1, 4096, 0.9, 7);
    private static final ToIntFunction<String> ALL = path -> 4;

    private static BaseModel plain;
    private static BaseModel everything;

    @BeforeAll
    static void load() {
        plain = TinyModel.load(TinyModel.plain(), FloatType.FLOAT32);
        everything = TinyModel.load(TinyModel.everything(), FloatType.FLOAT32);
    }

    @AfterAll
    static void close() {
        plain.close();
        everything.close();
    }

    /** Among them what a step may skip: linears, blocks, the lowest blocks, whole halves of a block. */
    static Stream<Arguments> targets() {
        return Stream.<ToIntFunction<String>>of(
                        ALL,
                        path -> 1 + path.length() % 5,
                        path -> path.endsWith("q_proj") || path.endsWith("v_proj") ? 8 : 0,
                        path -> path.endsWith("down_proj") ? 3 : 0,
                        path -> path.endsWith("up_proj") && path.contains("layers.2") ? 2 : 0,
                        path -> path.contains("layers.1.") ? 4 : 0,
                        path -> path.endsWith("o_proj") || path.endsWith("k_proj") ? 5 : 0)
                .flatMap(rank -> Stream.of(Arguments.of(true, rank), Arguments.of(false, rank)));
    }

    @ParameterizedTest
    @MethodSource("targets")
    void handWrittenGradient_isThatOfAutograd(boolean simple, ToIntFunction<String> rank) {
        BaseModel model = simple ? plain : everything;
        List<Sequence> batch = TinyModel.sequences(5, 31, 17, 30, 12, 16);
        Floats.assertClose(
                gradient(model, rank, Gradients.HAND_WRITTEN, batch, SETTINGS),
                gradient(model, rank, Gradients.byAutograd(0), batch, SETTINGS),
                1e-4);
    }

    /** Beyond 256 tokens attention goes in chunks; windows cut across them. */
    @Test
    void longSequences_haveTheGradientOfAutograd() {
        List<Sequence> batch = TinyModel.sequences(700, 530, 40);
        for (BaseModel model : List.of(plain, everything)) {
            Floats.assertClose(
                    gradient(model, ALL, Gradients.HAND_WRITTEN, batch, SETTINGS),
                    gradient(model, ALL, Gradients.byAutograd(0), batch, SETTINGS),
                    1e-4);
        }
    }

    /** Settings with passes of at most so many tokens. */
    private static StepSettings split(int tokens) {
        return new StepSettings(0.01, 1, 0.01, 1, tokens, 0, 7);
    }

    @Test
    void sequenceLongerThanAPack_isComputedAgainToTheSameBits() {
        List<Sequence> batch = TinyModel.sequences(90);
        for (BaseModel model : List.of(plain, everything)) {
            assertThat(gradient(model, ALL, Gradients.HAND_WRITTEN, batch, split(89)))
                    .isEqualTo(gradient(model, ALL, Gradients.HAND_WRITTEN, batch, split(90)));
        }
    }

    /** What comes later in a text can't change the losses before it: chunks and buckets must not leak. */
    @Test
    void longSequence_hasTheLossesOfItsBeginningAlone() {
        int[] ids = TinyModel.sequences(600).get(0).ids();
        for (BaseModel model : List.of(plain, everything)) {
            float[][] whole = Scorer.logits(model, Optional.empty(), ids);
            float[][] beginning = Scorer.logits(model, Optional.empty(), Arrays.copyOf(ids, 200));
            for (int i = 0; i < beginning.length; i++) {
                assertThat(whole[i]).containsExactly(beginning[i], within(1e-4f));
            }
        }
    }

    /** Sequences of their own; and such that begin alike, within a chunk of attention and beyond it. */
    static Stream<List<Sequence>> batches() {
        List<Sequence> mixed = new ArrayList<>(beginningAlike(11, 40, 33, 12, 38));
        mixed.addAll(TinyModel.sequences(9, 40, 2));
        mixed.addAll(beginningAlike(20, 22, 31));
        return Stream.of(
                TinyModel.sequences(9, 40, 33, 2, 38, 21),
                mixed,
                beginningAlike(290, 330, 300, 620),
                beginningAlike(9, 530, 280));
    }

    @ParameterizedTest
    @MethodSource("batches")
    void packedBatch_hasTheLossesAndGradientsOfItsSequencesAlone(List<Sequence> batch) {
        double total = batch.stream().mapToDouble(Sequence::totalWeight).sum();
        for (BaseModel model : List.of(plain, everything)) {
            float[] sum = new float[0];
            for (Sequence sequence : batch) {
                if (sequence.totalWeight() > 0) {
                    float[] alone = gradient(model, ALL, Gradients.HAND_WRITTEN, List.of(sequence), SETTINGS);
                    sum = sum.length == 0 ? new float[alone.length] : sum;
                    for (int i = 0; i < sum.length; i++) {
                        sum[i] += (float) (alone[i] * sequence.totalWeight() / total);
                    }
                }
            }
            Floats.assertClose(gradient(model, ALL, Gradients.HAND_WRITTEN, batch, SETTINGS), sum, 1e-4);
            assertSameLosses(
                    Scorer.losses(model, Optional.empty(), batch),
                    batch.stream()
                            .map(one -> Scorer.losses(model, Optional.empty(), List.of(one))
                                    .get(0))
                            .toList(),
                    1e-5);
        }
    }

    /** Sequences of these lengths, the first tokens of which are the same and not trained on. */
    private static List<Sequence> beginningAlike(int shared, int... lengths) {
        int[] prefix = TinyModel.sequences(shared + 1).get(0).ids();
        return TinyModel.sequences(lengths).stream()
                .map(sequence -> {
                    int[] ids = sequence.ids().clone();
                    float[] weights = sequence.lossWeights().clone();
                    System.arraycopy(prefix, 0, ids, 0, shared);
                    Arrays.fill(weights, 0, shared + 1, 0);
                    weights[weights.length - 1] = 1;
                    return new Sequence(ids, weights);
                })
                .toList();
    }

    @Test
    void microBatches_giveTheLossesAndGradientOfTheWholeBatch() {
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5, 38, 21);
        StepSettings split = split(60);
        Floats.assertClose(
                gradient(plain, ALL, Gradients.HAND_WRITTEN, batch, split),
                gradient(plain, ALL, Gradients.HAND_WRITTEN, batch, SETTINGS),
                1e-4);
        try (AdapterLearner whole = Gradients.HAND_WRITTEN.learner(plain, ALL);
                AdapterLearner parts = Gradients.HAND_WRITTEN.learner(plain, ALL)) {
            assertSameLosses(
                    parts.step(batch, split).losses(),
                    whole.step(batch, SETTINGS).losses(),
                    1e-5);
        }
    }

    @Test
    void lossesBeforeTheUpdate_areThoseOfTheScorer() {
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        LoraAdapter adapter = TinyModel.adapter(everything, ALL);
        try (AdapterLearner learner = Gradients.HAND_WRITTEN.learner(everything, ALL)) {
            List<ExampleLoss> scored =
                    Scorer.losses(everything, Optional.of(Lora.adapter(everything.linears(), adapter)), batch);
            assertSameLosses(learner.step(batch, SETTINGS).losses(), scored, 1e-5);
        }
    }

    @Test
    void bfloat16_givesNearlyTheLossesAndGradientOfFloat32() {
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        for (ModelConfig config : List.of(TinyModel.plain(), TinyModel.everything())) {
            try (BaseModel exact = TinyModel.load(config, FloatType.FLOAT32);
                    BaseModel rounded = TinyModel.load(config, FloatType.BFLOAT16)) {
                float[] expected = gradient(exact, ALL, Gradients.HAND_WRITTEN, batch, SETTINGS);
                for (Gradients backward : List.of(Gradients.HAND_WRITTEN, Gradients.byAutograd(0))) {
                    float[] actual = gradient(rounded, ALL, backward, batch, SETTINGS);
                    assertThat(cosine(actual, expected)).isGreaterThan(0.995);
                }
                assertSameLosses(
                        Scorer.losses(rounded, Optional.empty(), batch),
                        Scorer.losses(exact, Optional.empty(), batch),
                        0.05);
            }
        }
    }

    @Test
    void dropout_isAFunctionOfTheSeed() {
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        Gradients dropout = Gradients.byAutograd(0.3);
        float[] first = gradient(plain, ALL, dropout, batch, SETTINGS);
        assertThat(gradient(plain, ALL, dropout, batch, SETTINGS)).isEqualTo(first);
        StepSettings other = new StepSettings(0.01, 1, 0.01, 1, 4096, 0, 8);
        assertThat(cosine(gradient(plain, ALL, dropout, batch, other), first)).isLessThan(0.99);
    }

    /**
     * Central difference of the loss along the gradient, all under one seed: the backward pass has to drop what the
     * forward pass dropped.
     */
    @Test
    void dropout_hasTheGradientOfItsOwnLoss() {
        List<Sequence> batch = TinyModel.sequences(9, 40, 33, 5);
        Gradients dropout = Gradients.byAutograd(0.3);
        float[] gradient = gradient(plain, ALL, dropout, batch, SETTINGS);
        double square = 0;
        for (float g : gradient) {
            square += (double) g * g;
        }
        double step = 1e-2 / Math.sqrt(square);
        double slope = (loss(gradient, step, dropout, batch) - loss(gradient, -step, dropout, batch)) / (2 * step);
        assertThat(slope / square).isCloseTo(1, within(1e-2));
    }

    private static double loss(float[] direction, double step, Gradients backward, List<Sequence> batch) {
        LoraAdapter adapter = TinyModel.adapter(plain, ALL);
        float[] moved = Floats.of(adapter.weights());
        for (int i = 0; i < moved.length; i++) {
            moved[i] += (float) (step * direction[i]);
        }
        TrainingState state =
                TrainingState.start(new AdapterWeights(adapter.weights().layout(), moved), 0);
        try (AdapterLearner learner = backward.start(plain, adapter.modules(), state)) {
            List<ExampleLoss> losses = learner.step(batch, SETTINGS).losses();
            return losses.stream().mapToDouble(ExampleLoss::sum).sum()
                    / losses.stream().mapToDouble(ExampleLoss::weight).sum();
        }
    }

    private static float[] gradient(
            BaseModel model,
            ToIntFunction<String> rank,
            Gradients backward,
            List<Sequence> batch,
            StepSettings settings) {
        try (AdapterLearner learner = backward.learner(model, rank)) {
            return learner.gradient(batch, settings);
        }
    }

    private static double cosine(float[] a, float[] b) {
        double product = 0;
        double squareA = 0;
        double squareB = 0;
        for (int i = 0; i < a.length; i++) {
            product += (double) a[i] * b[i];
            squareA += (double) a[i] * a[i];
            squareB += (double) b[i] * b[i];
        }
        return product / Math.sqrt(squareA * squareB);
    }

    private static void assertSameLosses(List<ExampleLoss> actual, List<ExampleLoss> expected, double tolerance) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.size(); i++) {
            assertThat(actual.get(i).mean()).isCloseTo(expected.get(i).mean(), within(tolerance));
            assertThat(actual.get(i).weight()).isEqualTo(expected.get(i).weight());
            assertThat(actual.get(i).tokens()).isEqualTo(expected.get(i).tokens());
        }
    }
}
