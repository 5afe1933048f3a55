package io.millrace.trainer.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeterTest {
    private final List<TrainingProgress> told = new ArrayList<>();
    private final Meter meter = new Meter(5, 100, told::add);

    /** After a stream's last judgement no step follows that would tell. */
    @Test
    void lossOnTheHoldout_isToldAtOnce() {
        meter.judged(0.25);
        assertThat(told).extracting(TrainingProgress::holdoutLoss).containsExactly(0.25);
    }

    @Test
    void activity_isToldBesideWhatWasKnown() {
        meter.judged(0.25);
        meter.at("searching");
        assertThat(told.get(1).activity()).isEqualTo("searching");
        assertThat(told.get(1).holdoutLoss()).isEqualTo(0.25);
        assertThat(told.get(1).steps()).isEqualTo(5);
        assertThat(told.get(1).tokens()).isEqualTo(100);
    }
}
