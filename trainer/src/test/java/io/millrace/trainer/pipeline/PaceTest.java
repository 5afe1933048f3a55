package io.millrace.trainer.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {
    private final AtomicLong clock = new AtomicLong();
    private final Pace pace = new Pace(Duration.ofSeconds(10), clock::get);

    private void pass(int seconds) {
        clock.addAndGet(Duration.ofSeconds(seconds).toNanos());
    }

    private void steps(int count) {
        for (int i = 0; i < count; i++) {
            pace.settled(true);
        }
    }

    private void judgeFor(int seconds) {
        judgeFor(seconds, false);
    }

    private void judgeFor(int seconds, boolean idle) {
        long startedAt = pace.now();
        pass(seconds);
        pace.judged(startedAt, idle);
    }

    @Test
    void firstComparison_comesWithTheFourthStep() {
        steps(3);
        assertThat(pace.shouldJudge(false)).isFalse();

        steps(1);
        assertThat(pace.shouldJudge(false)).isTrue();
    }

    @Test
    void nextComparison_comesWhenTheLastOneWasFourPercentOfTheTime() {
        steps(4);
        judgeFor(2);
        steps(4);

        pass(47);
        assertThat(pace.shouldJudge(false)).isFalse();
        pass(1);
        assertThat(pace.shouldJudge(false)).isTrue();
    }

    @Test
    void comparisonThatNobodyWaitedFor_delaysNone() {
        steps(4);
        judgeFor(2, true);
        steps(3);
        assertThat(pace.shouldJudge(false)).isFalse();

        steps(1);
        assertThat(pace.shouldJudge(false)).isTrue();
    }

    @Test
    void fewSteps_areNotJudgedHoweverLongTheyTook() {
        steps(4);
        judgeFor(1);
        steps(3);
        pass(1000);

        assertThat(pace.shouldJudge(false)).isFalse();
    }

    @Test
    void idleTraining_isJudgedAtOnceIfItStepped() {
        assertThat(pace.shouldJudge(true)).isFalse();

        steps(4);
        judgeFor(2);
        assertThat(pace.shouldJudge(true)).isFalse();

        steps(1);
        assertThat(pace.shouldJudge(true)).isTrue();
    }

    @Test
    void commits_comeAtTheirIntervalOrWhenIdle() {
        pass(20);
        assertThat(pace.shouldCommit(true)).isFalse();

        pace.settled(false);
        assertThat(pace.shouldCommit(false)).isTrue();
        pace.committed();
        pace.settled(false);

        pass(9);
        assertThat(pace.shouldCommit(false)).isFalse();
        assertThat(pace.shouldCommit(true)).isTrue();
        pass(1);
        assertThat(pace.shouldCommit(false)).isTrue();
    }
}
