package io.millrace.trainer.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WeightAverageTest {
    @Test
    void decay_growsWithTheStepsUpToItsLimit() {
        WeightAverage average = new WeightAverage(0.9);
        assertThat(average.at(0)).isCloseTo(0.1, within(1e-12));
        assertThat(average.at(8)).isCloseTo(0.5, within(1e-12));
        assertThat(average.at(80)).isCloseTo(0.9, within(1e-12));
        assertThat(average.at(1000)).isEqualTo(0.9);
    }

    @Test
    void noAveraging_keepsNothing() {
        assertThat(new WeightAverage(0).at(50)).isZero();
    }
}
