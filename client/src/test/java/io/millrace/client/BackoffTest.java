package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static Backoff backoff(double random) {
        return new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1), 3, () -> random);
    }

    @Test
    void delay_doublesUpToTheLongest() {
        assertThat(backoff(1).delay(1)).isEqualTo(Duration.ofMillis(100));
        assertThat(backoff(1).delay(2)).isEqualTo(Duration.ofMillis(200));
        assertThat(backoff(1).delay(4)).isEqualTo(Duration.ofMillis(800));
        assertThat(backoff(1).delay(5)).isEqualTo(Duration.ofSeconds(1));
        assertThat(backoff(1).delay(1_000_000)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void delay_isHalfRandom() {
        assertThat(backoff(0).delay(1)).isEqualTo(Duration.ofMillis(50));
    }

    @Test
    void attempts_areExhaustedAfterTheLast() {
        assertThat(backoff(0).isExhausted(3)).isFalse();
        assertThat(backoff(0).isExhausted(4)).isTrue();
    }

    @Test
    void impossibleWait_isRefused() {
        assertThatThrownBy(() -> new Backoff(Duration.ZERO, Duration.ofSeconds(1), 3, () -> 0))
                .hasMessageContaining("first is PT0S");
    }
}
