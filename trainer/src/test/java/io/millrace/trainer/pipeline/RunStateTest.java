package io.millrace.trainer.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RunStateTest {
    @Test
    void startingOver_dropsWhatWasHeldOutSinceTheLiveRevisionWasJudged() {
        RunState run = new RunState(
                9,
                4,
                90,
                Reservoir.Snapshot.EMPTY,
                List.of(10L, 50L, 60L),
                List.of(),
                1,
                40,
                70,
                List.of(10L, 50L),
                300);
        RunState over = run.startedOver();
        assertThat(over.holdout()).containsExactly(10L, 50L);
        assertThat(over.warmupFrom()).isEqualTo(9);
        assertThat(over.shiftAt()).isZero();
        assertThat(RunState.parse(over.toJson())).isEqualTo(over);
    }
}
