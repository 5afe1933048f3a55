package io.millrace.trainer.pipeline;

import io.millrace.trainer.eval.Adwin;
import java.util.List;

/**
 * Notices that the losses of new examples rise, as they do when what is true has changed, and keeps what follows from it:
 * the rate is warmed up again, replay is raised for a while, and only examples from then on judge candidates.
 */
final class ShiftDetector {
    private static final double FALSE_ALARM = 0.002;

    /** Optimiser steps for which replay stays raised. */
    private static final long STEPS_RAISED = 40;

    private final Adwin adwin;
    private long shiftAt;
    private long warmupFrom;
    private volatile long raisedUntil;
    private volatile long step;

    ShiftDetector(RunState run, long step) {
        this.adwin = new Adwin(FALSE_ALARM, run.losses());
        this.shiftAt = run.shiftAt();
        this.warmupFrom = run.warmupFrom();
        this.raisedUntil = run.shiftUntil();
        this.step = step;
    }

    /**
     * @param losses mean losses of a batch's new examples before the step, nats per token
     * @param firstSeq place in the log of the first of them
     * @param step optimiser steps taken, this one included
     * @return whether a shift was detected just now
     */
    boolean observe(List<Double> losses, long firstSeq, long step) {
        this.step = step;
        boolean rose = false;
        for (double loss : losses) {
            rose |= adwin.add(loss) == Adwin.Change.ROSE;
        }
        if (rose) {
            if (step >= raisedUntil) {
                shiftAt = firstSeq - 1;
            }
            warmupFrom = step;
            raisedUntil = step + STEPS_RAISED;
        }
        return rose;
    }

    /** Whether the last shift is still being learned; asked from any thread. */
    boolean isLearning() {
        return step < raisedUntil;
    }

    long shiftAt() {
        return shiftAt;
    }

    long warmupFrom() {
        return warmupFrom;
    }

    long raisedUntil() {
        return raisedUntil;
    }

    List<Adwin.Bucket> window() {
        return adwin.buckets();
    }
}
