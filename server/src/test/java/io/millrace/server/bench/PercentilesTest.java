package io.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PercentilesTest {
    private final Percentiles latencies = new Percentiles();

    @Test
    void share_isOfTheSortedLatencies() {
        for (int millis = 2_000; millis >= 1; millis--) {
            latencies.add(millis * 1_000_000L);
        }

        assertThat(latencies.of(0.5)).isEqualTo(1_000);
        assertThat(latencies.of(0.99)).isEqualTo(1_980);
        assertThat(latencies.of(1)).isEqualTo(2_000);
    }

    @Test
    void noLatencies_areUnknown() {
        assertThat(latencies.of(0.5)).isNaN();
    }
}
