package io.millrace.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SwappedAnswersTest {
    private final Sequence first = new Sequence(new int[] {1, 2, 3, 4}, new float[] {0, 0, 1, 1});
    private final Sequence second = new Sequence(new int[] {5, 6, 7}, new float[] {0, 0, 2});

    @Test
    void answers_changePlacesWithTheirWeights() {
        List<SwappedAnswers.Swap> swaps = SwappedAnswers.of(List.of(first, second));
        assertThat(swaps).extracting(SwappedAnswers.Swap::question).containsExactly(0, 1);
        assertThat(swaps.get(0).swapped().ids()).containsExactly(1, 2, 7);
        assertThat(swaps.get(0).swapped().lossWeights()).containsExactly(0, 0, 2);
        assertThat(swaps.get(1).swapped().ids()).containsExactly(5, 6, 3, 4);
        assertThat(swaps.get(1).swapped().lossWeights()).containsExactly(0, 0, 1, 1);
    }

    @Test
    void sameAnswerToAnotherQuestion_isNoSwap() {
        Sequence likeSecond = new Sequence(new int[] {8, 7}, new float[] {0, 2});
        assertThat(SwappedAnswers.of(List.of(second, likeSecond))).isEmpty();
        assertThat(SwappedAnswers.of(List.of(second, likeSecond, first)))
                .extracting(SwappedAnswers.Swap::question)
                .containsExactly(0, 1, 2);
    }

    @Test
    void sequenceThatEndsWithContextOrHasNothingElse_hasNoAnswer() {
        Sequence endsWithContext = new Sequence(new int[] {1, 2, 3}, new float[] {0, 1, 0});
        assertThat(SwappedAnswers.of(List.of(first, endsWithContext))).isEmpty();
        assertThat(SwappedAnswers.of(List.of())).isEmpty();
    }

    @Test
    void textsWithNothingButTheSameTokenBefore_answerNothing() {
        Sequence text = new Sequence(new int[] {1, 2, 3}, new float[] {0, 1, 1});
        Sequence other = new Sequence(new int[] {1, 4}, new float[] {0, 1});
        assertThat(SwappedAnswers.of(List.of(text, other))).isEmpty();
    }
}
