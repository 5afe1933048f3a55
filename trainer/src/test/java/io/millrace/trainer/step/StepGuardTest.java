package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.batch.ExampleLoss;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepGuardTest {
    /** 2 ln 100 is 9.21. */
    private final StepGuard guard = new StepGuard(100);

    @Test
    void ordinaryLossesAndGradient_haveNoFault() {
        assertThat(guard.fault(losses(4.6, 9, 0.1), 1e6)).isEmpty();
    }

    @Test
    void meanAboveTwiceThatOfGuessing_isAFault() {
        assertThat(guard.fault(losses(9.3, 9.3), 1))
                .hasValueSatisfying(
                        reason -> assertThat(reason).contains("9.30").contains("9.21"));
    }

    @Test
    void oneHighLossInAnOrdinaryBatch_isNoFault() {
        assertThat(guard.fault(losses(12, 1, 1), 1)).isEmpty();
    }

    @Test
    void lossOrGradientThatIsNotFinite_isAFault() {
        assertThat(guard.fault(losses(1, Double.NaN), 1)).hasValue("a loss is not finite");
        assertThat(guard.fault(losses(1, Double.POSITIVE_INFINITY), 1)).hasValue("a loss is not finite");
        assertThat(guard.fault(losses(1, 1), Double.NaN)).hasValue("the gradient is not finite");
        assertThat(guard.fault(losses(1, 1), Double.POSITIVE_INFINITY)).hasValue("the gradient is not finite");
    }

    @Test
    void exampleWithoutTrainedTokens_isNoOffender() {
        List<ExampleLoss> losses = List.of(new ExampleLoss(0, 0, 0), new ExampleLoss(Double.NaN, 2, 2));
        assertThat(guard.offenders(losses, i -> true)).containsExactly(1);
    }

    @Test
    void offenders_areThoseWithAFaultyLoss() {
        assertThat(guard.offenders(losses(1, Double.NaN, 10, 2), i -> true)).containsExactly(1, 2);
    }

    @Test
    void goodLosses_blameThoseThatFailAlone() {
        assertThat(guard.offenders(losses(1, 1, 1), i -> i == 2)).containsExactly(2);
    }

    @Test
    void noOneAtFaultAlone_blamesAll() {
        assertThat(guard.offenders(losses(1, 1, 1), i -> false)).containsExactly(0, 1, 2);
    }

    private static List<ExampleLoss> losses(double... means) {
        return Arrays.stream(means)
                .mapToObj(mean -> new ExampleLoss(2 * mean, 2, 2))
                .toList();
    }
}
