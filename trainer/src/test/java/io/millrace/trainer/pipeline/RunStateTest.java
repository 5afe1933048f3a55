package io.millrace.trainer.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.search.Candidate;
import io.millrace.trainer.search.SearchState;
import io.millrace.trainer.search.Subnet;
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
                300,
                new SearchState(
                        2, List.of(new Candidate(new Subnet(List.of(List.of(1, 0), List.of(5, 5))), 0.5)), false));
        RunState over = run.startedOver();
        assertThat(over.holdout()).containsExactly(10L, 50L);
        assertThat(over.warmupFrom()).isEqualTo(9);
        assertThat(over.shiftAt()).isZero();
        assertThat(RunState.parse(over.toJson())).isEqualTo(over);
    }

    @Test
    void stateOfACommitThatKnewNoSearch_isOneWithoutASearch() {
        String old = RunState.START.toJson().replaceFirst(",\"search\":.*}$", "}");
        assertThat(old).doesNotContain("search");
        assertThat(RunState.parse(old)).isEqualTo(RunState.START);
    }
}
