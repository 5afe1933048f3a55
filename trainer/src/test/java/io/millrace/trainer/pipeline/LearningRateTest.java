package io.millrace.trainer.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LearningRateTest {
    private final LearningRate rate = new LearningRate(new AdapterConfig.Optimizer(1e-3, 1, 10, 0, 1, 0));

    @Test
    void warmup_risesToTheFullRate() {
        assertThat(rate.at(0, 8)).isCloseTo(1e-3 / 11, within(1e-12));
        assertThat(rate.at(9, 8)).isLessThan(1e-3);
        assertThat(rate.at(10, 8)).isEqualTo(1e-3);
        assertThat(rate.at(1_000_000, 8)).isEqualTo(1e-3);
    }

    @Test
    void smallSteps_getASmallerRate() {
        assertThat(rate.at(100, 4)).isEqualTo(1e-3);
        assertThat(rate.at(100, 1)).isCloseTo(3e-4, within(1e-12));
        assertThat(rate.at(100, 2)).isBetween(3e-4, 1e-3);
    }
}
