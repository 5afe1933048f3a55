package io.millrace.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SwappedAnswersTest {
    private final Sequence first = new Sequence(new int[] {1, 2, 3, 4}, new float[] {0, 0, 1, 1});
    private final Sequence second = new Sequence(new int[] {5, 6, 7}, new float[] {0, 0, 2});

    @Test
    void answers_changePlacesWithTheirWeights() {
        List<Sequence> swapped = SwappedAnswers.of(List.of(first, second));
        assertThat(swapped.get(0).ids()).containsExactly(1, 2, 7);
        assertThat(swapped.get(0).lossWeights()).containsExactly(0, 0, 2);
        assertThat(swapped.get(1).ids()).containsExactly(5, 6, 3, 4);
        assertThat(swapped.get(1).lossWeights()).containsExactly(0, 0, 1, 1);
    }

    @Test
    void answer_isTrainedTextAtTheEndAfterSomethingElse() {
        assertThat(SwappedAnswers.hasAnswer(first)).isTrue();
        assertThat(SwappedAnswers.hasAnswer(new Sequence(new int[] {1, 2, 3}, new float[] {0, 1, 0})))
                .isFalse();
    }
}
