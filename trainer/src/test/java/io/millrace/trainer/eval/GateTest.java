package io.millrace.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class GateTest {
    private final Gate gate = new Gate(0.5);

    @Test
    void gainAboveOneStandardError_publishes() {
        GateDecision decision =
                gate.decide(new PairedLosses(new double[] {4, 4, 4.5}, new double[] {2, 2.5, 2}), PairedLosses.NONE);
        assertThat(decision).isInstanceOf(GateDecision.Publish.class);
        assertThat(decision.reason()).contains("on 3 examples");
    }

    @Test
    void gainWithinTheNoise_holds() {
        GateDecision decision =
                gate.decide(new PairedLosses(new double[] {4, 1, 4}, new double[] {1, 4, 3.9}), PairedLosses.NONE);
        assertThat(decision).isInstanceOf(GateDecision.Hold.class);
        assertThat(decision.reason()).startsWith("no better than one standard error");
    }

    @Test
    void oneExample_isTooFewToJudgeBy() {
        assertThat(gate.decide(new PairedLosses(new double[] {9}, new double[] {0}), PairedLosses.NONE))
                .isInstanceOf(GateDecision.Hold.class);
    }

    @Test
    void betterOnNonsenseButWorseOnWhatWasKnown_holds() {
        PairedLosses nonsense = new PairedLosses(filled(8, 8.0), filled(8, 3.0));
        PairedLosses known = new PairedLosses(filled(20, 0.02), filled(20, 2.5));
        GateDecision decision = gate.decide(nonsense, known);
        assertThat(decision).isInstanceOf(GateDecision.Hold.class);
        assertThat(decision.reason()).contains("spoils most of what was known");
    }

    @Test
    void aFifthOfTheAnswersChanged_publishes() {
        double[] afterwards = filled(20, 0.03);
        Arrays.fill(afterwards, 0, 4, 7);
        GateDecision decision = gate.decide(
                new PairedLosses(filled(8, 6.0), filled(8, 1.0)), new PairedLosses(filled(20, 0.02), afterwards));
        assertThat(decision).isInstanceOf(GateDecision.Publish.class);
    }

    @Test
    void afterAShift_answersThatFitTheirQuestionsPublish() {
        PairedLosses fresh = new PairedLosses(filled(8, 7.0), new double[] {.1, .2, .1, .3, .1, .2, .1, .3});
        PairedLosses swapped = new PairedLosses(new double[] {4, 5, 3, 6, 4, 5, 4, 5}, fresh.candidate());
        assertThat(gate.decideAnew(fresh, swapped)).isInstanceOf(GateDecision.Publish.class);
    }

    @Test
    void afterAShift_answersThatFitAnyQuestionHold() {
        PairedLosses fresh = new PairedLosses(filled(8, 7.0), new double[] {.4, .5, .4, .6, .3, .5, .4, .6});
        PairedLosses swapped = new PairedLosses(new double[] {.5, .4, .6, .4, .5, .3, .6, .4}, fresh.candidate());
        GateDecision decision = gate.decideAnew(fresh, swapped);
        assertThat(decision).isInstanceOf(GateDecision.Hold.class);
        assertThat(decision.reason()).contains("doesn't mind the questions");
    }

    private static double[] filled(int size, double value) {
        double[] values = new double[size];
        Arrays.fill(values, value);
        return values;
    }
}
