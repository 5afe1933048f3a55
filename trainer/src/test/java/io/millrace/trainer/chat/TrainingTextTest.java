package io.millrace.trainer.chat;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class TrainingTextTest {
    @Test
    void locatedText_needsSpansInOrderWithinIt() {
        for (List<Span> trained : List.of(
                List.<Span>of(),
                List.of(new Span(0, 4)),
                List.of(new Span(1, 1)),
                List.of(new Span(1, 3), new Span(2, 3)))) {
            assertThatThrownBy(() -> new TrainingText.Located("abc", trained))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("trained");
        }
    }

    @Test
    void span_mustNotRunBackwards() {
        assertThatThrownBy(() -> new Span(2, 1)).hasMessageStartingWith("span is [2, 1)");
        assertThatThrownBy(() -> new Span(-1, 1)).hasMessageStartingWith("span is [-1, 1)");
    }
}
