package io.millrace.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class GateTest {
    private static final PairedLosses BETTER = new PairedLosses(filled(8, 8.0), filled(8, 3.0));
    private static final PairedLosses NO_BETTER = new PairedLosses(new double[] {4, 1, 4}, new double[] {1, 4, 3.9});
    private static final Supplier<PairedLosses> NONE = () -> PairedLosses.NONE;

    private final Gate gate = new Gate(0.5);

    @Test
    void gainAboveOneStandardError_publishes() {
        GateDecision decision =
                gate.decide(newest(new PairedLosses(new double[] {4, 4, 4.5}, new double[] {2, 2.5, 2})));
        assertThat(decision).isInstanceOf(GateDecision.Publish.class);
        assertThat(decision.reason()).contains("on 3 examples");
    }

    @Test
    void gainWithinTheNoise_holds() {
        GateDecision decision = gate.decide(newest(NO_BETTER));
        assertThat(decision).isInstanceOf(GateDecision.Hold.class);
        assertThat(decision.reason()).startsWith("no better than one standard error");
    }

    @Test
    void oneExample_isTooFewToJudgeBy() {
        assertThat(gate.decide(newest(new PairedLosses(new double[] {9}, new double[] {0}))))
                .isInstanceOf(GateDecision.Hold.class);
    }

    @Test
    void betterOnRecentExamplesAlone_publishes() {
        GateDecision decision =
                gate.decide(new Evidence(NO_BETTER, BETTER, NONE, PairedLosses.NONE, Optional::empty, () -> 0));
        assertThat(decision).isInstanceOf(GateDecision.Publish.class);
        assertThat(decision.reason()).contains("on 8 examples");
    }

    @Test
    void betterBeforeItWasTrainedOnThem_publishes() {
        GateDecision decision = gate.decide(
                new Evidence(NO_BETTER, NO_BETTER, () -> BETTER, PairedLosses.NONE, Optional::empty, () -> 0));
        assertThat(decision).isInstanceOf(GateDecision.Publish.class);
        assertThat(decision.reason()).contains("on 8 examples");
    }

    @Test
    void noBetterOnAny_tellsTheFiguresOfEach() {
        PairedLosses worse = new PairedLosses(filled(5, 1), filled(5, 2));
        assertThat(gate.decide(new Evidence(NO_BETTER, worse, NONE, PairedLosses.NONE, Optional::empty, () -> 0))
                        .reason())
                .contains("on 3 examples", "on 5 examples")
                .doesNotContain("on 0 examples");
    }

    @Test
    void betterOnNonsenseButWorseOnWhatWasKnown_holds() {
        PairedLosses known = new PairedLosses(filled(20, 0.02), filled(20, 2.5));
        GateDecision decision = gate.decide(new Evidence(BETTER, BETTER, NONE, known, Optional::empty, () -> 0));
        assertThat(decision).isInstanceOf(GateDecision.Hold.class);
        assertThat(decision.reason()).contains("spoils most of what was known");
    }

    @Test
    void aFifthOfTheAnswersChanged_publishes() {
        double[] afterwards = filled(20, 0.03);
        Arrays.fill(afterwards, 0, 4, 7);
        PairedLosses known = new PairedLosses(filled(20, 0.02), afterwards);
        assertThat(gate.decide(new Evidence(BETTER, BETTER, NONE, known, Optional::empty, () -> 0)))
                .isInstanceOf(GateDecision.Publish.class);
    }

    @Test
    void answersThatFitTheirQuestions_publish() {
        PairedLosses swapped =
                new PairedLosses(new double[] {4, 5, 3, 6, 4, 5, 4, 5}, new double[] {.1, .2, .1, .3, .1, .2, .1, .3});
        assertThat(gate.decide(new Evidence(
                        NO_BETTER, BETTER, NONE, PairedLosses.NONE, () -> Optional.of(swapped), () -> 0.9)))
                .isInstanceOf(GateDecision.Publish.class);
    }

    @Test
    void answersThatFitTheirQuestionsByVeryDifferentMargins_publish() {
        double[] own = {.1, .1, .1, .1, .1, .1, .1, .1};
        PairedLosses all = new PairedLosses(new double[] {.2, .2, .2, .2, .3, .3, .2, 9}, own);
        PairedLosses allButOne = new PairedLosses(new double[] {.2, .2, .2, .2, .3, .3, .05, 9}, own);
        assertThat(all.gain()).isLessThan(2 * all.standardError());
        assertThat(Gate.margin(all)).isGreaterThan(0.9);
        assertThat(Gate.margin(allButOne)).isZero();
    }

    @Test
    void answersThatFitAnyQuestion_hold() {
        PairedLosses swapped = new PairedLosses(
                new double[] {.5, .4, .6, .4, .5, .3, .6, .4}, new double[] {.4, .5, .4, .6, .3, .5, .4, .6});
        GateDecision decision = gate.decide(
                new Evidence(BETTER, BETTER, NONE, PairedLosses.NONE, () -> Optional.of(swapped), () -> 0.9));
        assertThat(decision).isInstanceOf(GateDecision.Hold.class);
        assertThat(decision.reason()).contains("doesn't mind the questions");
    }

    @Test
    void answersToldApartAsWellAsBefore_publishThoughNotClearly() {
        PairedLosses swapped = new PairedLosses(new double[] {4, 2, 3, 2}, new double[] {2, 2.2, 2.4, 2.1});
        // 21 % of their loss, give or take 18
        assertThat(Gate.margin(swapped)).isZero();
        assertThat(gate.decide(
                        new Evidence(BETTER, BETTER, NONE, PairedLosses.NONE, () -> Optional.of(swapped), () -> 0.38)))
                .isInstanceOf(GateDecision.Publish.class);
        assertThat(gate.decide(
                        new Evidence(BETTER, BETTER, NONE, PairedLosses.NONE, () -> Optional.of(swapped), () -> 0.4)))
                .isInstanceOf(GateDecision.Hold.class);
    }

    @Test
    void whatCantChangeTheDecision_isNotAskedFor() {
        PairedLosses fitting = new PairedLosses(new double[] {4, 5, 3, 6}, new double[] {.1, .2, .1, .3});
        assertThat(gate.decide(new Evidence(
                        NO_BETTER, NO_BETTER, NONE, PairedLosses.NONE, () -> fail("not yet"), () -> fail("not yet"))))
                .isInstanceOf(GateDecision.Hold.class);
        assertThat(gate.decide(new Evidence(
                        BETTER,
                        BETTER,
                        () -> fail("others speak for it"),
                        PairedLosses.NONE,
                        () -> Optional.of(fitting),
                        () -> fail("the candidate tells answers clearly apart"))))
                .isInstanceOf(GateDecision.Publish.class);
    }

    private static Evidence newest(PairedLosses losses) {
        return new Evidence(losses, PairedLosses.NONE, NONE, PairedLosses.NONE, Optional::empty, () -> 0);
    }

    private static double[] filled(int size, double value) {
        double[] values = new double[size];
        Arrays.fill(values, value);
        return values;
    }
}
