package io.millrace.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class StreamProgressTest {
    @Test
    void settled_isTheSumOfTheFourCounts() {
        assertThat(new StreamProgress(9, 4, 3, 2, 1).settled()).isEqualTo(10);
    }

    @Test
    void countsBelowTrainedThrough_areRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StreamProgress(11, 4, 3, 2, 1))
                .withMessageContaining("trainedThrough is 11");
    }

    @Test
    void negativeCount_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new StreamProgress(0, 1, -1, 0, 0));
    }
}
