package io.millrace.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PairedLossesTest {
    private final PairedLosses losses = new PairedLosses(new double[] {3, 5, 2, 2}, new double[] {1, 2, 1, 4});

    @Test
    void gain_isMeanOfDifferences() {
        assertThat(losses.gain()).isEqualTo(1.0);
    }

    @Test
    void standardError_isSampleDeviationOverRootN() {
        // differences 2, 3, 1, -2 around 1: squares 1 + 4 + 0 + 9 = 14; sqrt(14 / 3 / 4)
        assertThat(losses.standardError()).isCloseTo(1.0801234497, within(1e-9));
        assertThat(new PairedLosses(new double[] {1}, new double[] {0}).standardError())
                .isInfinite();
    }

    @Test
    void medianHarm_isTheTypicalExamplesLoss() {
        assertThat(losses.medianHarm()).isEqualTo(-1.5);
        assertThat(new PairedLosses(new double[] {1, 1, 1}, new double[] {2, 9, 1}).medianHarm())
                .isEqualTo(1.0);
    }

    @Test
    void signTest_isTheChanceOfAsManyBetterOnes() {
        // 3 of 4: (4 + 1) of 16 ways
        assertThat(losses.signTest()).isEqualTo(0.3125);
        assertThat(PairedLosses.NONE.signTest()).isEqualTo(1);
        double[] live = new double[32];
        Arrays.fill(live, 0, 24, 1);
        double[] half = new double[32];
        Arrays.fill(half, 0.5);
        // scipy.stats.binomtest(24, 32, alternative="greater")
        assertThat(new PairedLosses(live, half).signTest()).isCloseTo(0.0035003, within(1e-6));
    }

    @Test
    void unequalLengths_areRefused() {
        assertThatThrownBy(() -> new PairedLosses(new double[1], new double[2]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 live losses, 2 of the candidate");
    }
}
