package io.millrace.trainer.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WeightedTokensTest {
    @Test
    void contextAfterTheLastTrainedToken_isTrimmed() {
        WeightedTokens trimmed = tokens(1, 0, 1, 1, 0, 0).trimmed();
        assertThat(trimmed.ids()).containsExactly(0, 1, 2, 3);
        assertThat(trimmed.weights()).containsExactly(0, 0, 1, 1);
    }

    @Test
    void lossOnNothingButTheFirstToken_trimsToNothing() {
        assertThat(tokens(1, 0, 0).trimmed().length()).isZero();
        assertThat(WeightedTokens.NONE.trimmed().length()).isZero();
    }

    @Test
    void longContext_losesItsBeginning() {
        WeightedTokens cut = tokens(0, 0, 0, 0, 0, 1, 1).cut(4, 0);
        assertThat(cut.ids()).containsExactly(3, 4, 5, 6);
        assertThat(cut.weights()).containsExactly(0, 0, 1, 1);
    }

    @Test
    void longContextAfterBos_keepsBos() {
        WeightedTokens cut = tokens(0, 0, 0, 0, 0, 1, 1).cut(4, 1);
        assertThat(cut.ids()).containsExactly(0, 4, 5, 6);
        assertThat(cut.weights()).containsExactly(0, 0, 1, 1);
    }

    @Test
    void longAnswer_losesItsEnd() {
        WeightedTokens cut = tokens(0, 0, 0, 1, 1, 1, 1).cut(3, 0);
        assertThat(cut.ids()).containsExactly(2, 3, 4);
        assertThat(cut.weights()).containsExactly(0, 1, 1);
    }

    @Test
    void longTextAfterBos_losesItsEnd() {
        WeightedTokens cut = tokens(0, 1, 1, 1, 1).cut(3, 1);
        assertThat(cut.ids()).containsExactly(0, 1, 2);
        assertThat(cut.weights()).containsExactly(0, 1, 1);
    }

    @Test
    void earlierAnswerThatLostItsBeginning_isContext() {
        WeightedTokens cut = tokens(0, 1, 1, 1, 0, 0, 1, 1).cut(6, 0);
        assertThat(cut.ids()).containsExactly(2, 3, 4, 5, 6, 7);
        assertThat(cut.weights()).containsExactly(0, 0, 0, 0, 1, 1);
    }

    private static WeightedTokens tokens(float... weights) {
        int[] ids = new int[weights.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = i;
        }
        return new WeightedTokens(ids, weights);
    }
}
