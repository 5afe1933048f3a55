package io.millrace.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScorerTest {
    @Test
    void sequenceWithNothingTrained_hasNoLoss() {
        Sequence context = new Sequence(new int[] {5, 6, 7}, new float[3]);
        try (BaseModel model = TinyModel.load(TinyModel.plain(), FloatType.FLOAT32)) {
            List<ExampleLoss> losses = Scorer.losses(
                    model,
                    Optional.empty(),
                    List.of(context, TinyModel.sequences(9).get(0)));
            assertThat(losses.get(0)).isEqualTo(new ExampleLoss(0, 0, 0));
            assertThat(losses.get(1).sum()).isPositive();
            assertThat(Scorer.losses(model, Optional.empty(), List.of(context)))
                    .containsExactly(new ExampleLoss(0, 0, 0));
        }
    }

    @Test
    void manySequences_haveTheLossesOfEachAlone() {
        List<Sequence> sequences = TinyModel.sequences(700, 20, 400, 90, 310, 25);
        try (BaseModel model = TinyModel.load(TinyModel.everything(), FloatType.FLOAT32)) {
            List<ExampleLoss> together = Scorer.losses(model, Optional.empty(), sequences);
            for (int i = 0; i < sequences.size(); i++) {
                ExampleLoss alone = Scorer.losses(model, Optional.empty(), List.of(sequences.get(i)))
                        .get(0);
                assertThat(together.get(i).mean()).isCloseTo(alone.mean(), within(1e-5));
            }
        }
    }
}
