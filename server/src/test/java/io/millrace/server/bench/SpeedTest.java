package io.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class SpeedTest {
    @Test
    void figures_areMediansOfTheRounds() {
        Speed speed = Speed.of(List.of(
                round(512, 1, 0.5),
                round(512, 2, 1.5), // disturbed, but both sides alike
                round(512, 0.5, 0.375)));

        assertThat(speed.tokensPerSecond()).isEqualTo(512);
        assertThat(speed.productsPerSecond()).isEqualTo(1024);
        assertThat(speed.ratio()).isEqualTo(0.75);
    }

    @Test
    void medianOfAnEvenNumber_isBetweenTheTwoInTheMiddle() {
        assertThat(Median.of(List.of(9.0, 1.0, 3.0, 2.0))).isEqualTo(2.5);
        assertThatThrownBy(() -> Median.of(List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void forwardShare_isKnownWhereItWasMeasured() {
        assertThat(Speed.of(List.of(round(64, 1, 1))).forwardShare()).isEmpty();
        assertThat(Speed.of(List.of(new Speed.Round(64, 2, 1, OptionalDouble.of(0.5))))
                        .forwardShare())
                .hasValue(0.25);
    }

    private static Speed.Round round(int tokens, double step, double products) {
        return new Speed.Round(tokens, step, products, OptionalDouble.empty());
    }
}
