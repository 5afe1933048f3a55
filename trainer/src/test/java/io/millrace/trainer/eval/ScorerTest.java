package io.millrace.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.Adaptations;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.AdapterWeights;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

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
        List<Sequence> sequences = TinyModel.sequences(700, 20, 400, 90, 310, 25, 900, 60);
        try (BaseModel model = TinyModel.load(TinyModel.everything(), FloatType.FLOAT32)) {
            List<ExampleLoss> together = Scorer.losses(model, Optional.empty(), sequences);
            for (int i = 0; i < sequences.size(); i++) {
                ExampleLoss alone = Scorer.losses(model, Optional.empty(), List.of(sequences.get(i)))
                        .get(0);
                assertThat(together.get(i).mean()).isCloseTo(alone.mean(), within(1e-5));
            }
        }
    }

    static Stream<ModelConfig> models() {
        return Stream.of(TinyModel.plain(), TinyModel.everything());
    }

    @ParameterizedTest
    @MethodSource("models")
    void lora_hasTheSameLossesInItsOwnFormAndByHooks(ModelConfig shape) {
        List<Sequence> sequences = TinyModel.sequences(40, 300, 9, 2100, 33);
        try (BaseModel model = TinyModel.load(shape, FloatType.FLOAT32)) {
            List<ExampleLoss> own = losses(model, "{\"rank\": 4}", sequences);
            List<ExampleLoss> byHooks = losses(model, "{\"rank\": 4, \"dropout\": 0.5}", sequences);
            for (int i = 0; i < sequences.size(); i++) {
                assertThat(own.get(i).mean()).isCloseTo(byHooks.get(i).mean(), within(1e-5));
            }
        }
    }

    @Test
    void adaptersScoredInTurns_leaveNothingBehind() {
        String other = "{\"rank\": 8, \"target_modules\": [\"q_proj\", \"down_proj\"]}";
        List<Sequence> sequences = TinyModel.sequences(40, 9, 33);
        try (BaseModel model = TinyModel.load(TinyModel.plain(), FloatType.FLOAT32)) {
            List<ExampleLoss> first = losses(model, "{\"rank\": 4}", sequences);
            List<ExampleLoss> second = losses(model, other, sequences);
            assertThat(second).isNotEqualTo(first);
            Scorer.losses(model, Optional.empty(), sequences);
            assertThat(losses(model, "{\"rank\": 4}", sequences)).isEqualTo(first);
            assertThat(losses(model, other, sequences)).isEqualTo(second);
        }
    }

    private static List<ExampleLoss> losses(BaseModel model, String config, List<Sequence> sequences) {
        Adaptation adaptation = Adaptations.of(model, "{\"method\": \"lora\", " + config.substring(1));
        AdapterWeights weights = Adaptations.somewhere(adaptation);
        return Scorer.losses(model, Optional.of(new TrainedAdapter(adaptation, weights)), sequences);
    }
}
