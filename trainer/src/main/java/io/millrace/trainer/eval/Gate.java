package io.millrace.trainer.eval;

import java.util.Locale;

/**
 * Publishes only what is better. A candidate must gain more than one standard error on examples that neither version was
 * trained on. That alone would let wrong answers pass, since unlearning confident answers lowers the loss on contradicting
 * ones. So a candidate mustn't spoil what the live revision was judged by; and where the old may have to go, because a shift
 * was detected or too little is held out, it has to mind the questions: the right answers must be likelier than the answers
 * to other questions.
 *
 * @param harmTolerance median loss (nats per token) that a candidate may add on examples known to the live revision
 */
public record Gate(double harmTolerance) {
    /** Standard errors by which right answers must be likelier than swapped ones. */
    private static final double CLEARLY = 3;

    public Gate {
        if (!(harmTolerance >= 0)) {
            throw new IllegalArgumentException("harm_tolerance is %s; it must be 0 or more".formatted(harmTolerance));
        }
    }

    /**
     * @param fresh examples that judge: the newest of the holdout, after a detected shift only those that came after it
     * @param known examples that the live revision was judged by; empty when there are none
     */
    public GateDecision decide(PairedLosses fresh, PairedLosses known) {
        GateDecision decision = decide(fresh);
        if (decision instanceof GateDecision.Publish && known.size() > 0 && known.medianHarm() > harmTolerance) {
            return new GateDecision.Hold(format(
                    "better on new examples, but spoils most of what was known (median %+.4f on %d): %s",
                    known.medianHarm(), known.size(), decision.reason()));
        }
        return decision;
    }

    /**
     * For when the old may have to go.
     *
     * @param fresh as above
     * @param swapped the candidate's losses of the fresh examples with swapped answers, in the place of live losses, and with
     *     their own
     */
    public GateDecision decideAnew(PairedLosses fresh, PairedLosses swapped) {
        GateDecision decision = decide(fresh);
        if (decision instanceof GateDecision.Publish && !(swapped.gain() > CLEARLY * swapped.standardError())) {
            return new GateDecision.Hold(format(
                    "better, but doesn't mind the questions: its loss is %.4f with the right answers, %.4f with swapped ones: %s",
                    swapped.candidateMean(), swapped.liveMean(), decision.reason()));
        }
        return decision;
    }

    private static GateDecision decide(PairedLosses fresh) {
        if (fresh.size() < 2) {
            return new GateDecision.Hold("only %d examples to judge by".formatted(fresh.size()));
        }
        String figures = format(
                "gain %.4f ± %.4f nats per token on %d examples, loss %.4f → %.4f",
                fresh.gain(), fresh.standardError(), fresh.size(), fresh.liveMean(), fresh.candidateMean());
        return fresh.gain() > fresh.standardError()
                ? new GateDecision.Publish(figures)
                : new GateDecision.Hold("no better than one standard error: " + figures);
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
