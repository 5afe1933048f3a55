package io.millrace.trainer.pipeline;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * When to judge and when to commit, by a monotonic clock: judging takes at most a set share of the time, commits come at
 * set intervals. What is trained doesn't depend on either.
 */
final class Pace {
    /** So many times as long as a comparison took goes by until the next: judging takes one part in 25 of the time, 4 %. */
    private static final int TIMES_BETWEEN = 24;

    private static final int FEWEST_STEPS = 4;

    private final LongSupplier nanoTime;
    private final Duration commitEvery;
    private long judgedAt;
    private long judgingTook;
    private long committedAt;
    private int stepsSinceJudged;
    private boolean uncommitted;

    Pace(Duration commitEvery, LongSupplier nanoTime) {
        this.commitEvery = commitEvery;
        this.nanoTime = nanoTime;
        this.judgedAt = nanoTime.getAsLong();
        this.committedAt = judgedAt;
    }

    void settled(boolean stepped) {
        uncommitted = true;
        stepsSinceJudged += stepped ? 1 : 0;
    }

    /** @param idle nothing waited for it, so it takes no share of the time */
    void judged(long startedAt, boolean idle) {
        judgedAt = nanoTime.getAsLong();
        judgingTook = idle ? 0 : judgedAt - startedAt;
        stepsSinceJudged = 0;
    }

    void committed() {
        committedAt = nanoTime.getAsLong();
        uncommitted = false;
    }

    boolean shouldJudge(boolean idle) {
        if (idle) {
            return stepsSinceJudged > 0;
        }
        return stepsSinceJudged >= FEWEST_STEPS && nanoTime.getAsLong() - judgedAt >= judgingTook * TIMES_BETWEEN;
    }

    boolean shouldCommit(boolean idle) {
        return uncommitted && (idle || nanoTime.getAsLong() - committedAt >= commitEvery.toNanos());
    }

    long now() {
        return nanoTime.getAsLong();
    }
}
