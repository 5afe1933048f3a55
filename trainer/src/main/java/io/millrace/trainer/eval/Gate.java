package io.millrace.trainer.eval;

import java.util.Locale;

/**
 * Publishes only what is better. A candidate must gain more than one standard error on examples that neither version was
 * trained on, and it must not pay for that with what the live revision knew: else a stream of wrong answers would pass,
 * since unlearning confident answers lowers the loss on contradicting ones.
 *
 * @param harmTolerance median loss (nats per token) that a candidate may add on examples known to the live revision
 */
public record Gate(double harmTolerance) {
    public Gate {
        if (!(harmTolerance >= 0)) {
            throw new IllegalArgumentException("harm_tolerance is %s; it must be 0 or more".formatted(harmTolerance));
        }
    }

    /**
     * @param fresh examples that judge: the newest of the holdout, after a detected shift only those that came after it
     * @param known examples from before the live revision's publication that it was judged by; empty when there are none
     */
    public GateDecision decide(PairedLosses fresh, PairedLosses known) {
        if (fresh.size() < 2) {
            return new GateDecision.Hold("only %d examples to judge by".formatted(fresh.size()));
        }
        double gain = fresh.gain();
        double error = fresh.standardError();
        String figures = format(
                "gain %.4f ± %.4f nats per token on %d examples, loss %.4f → %.4f",
                gain, error, fresh.size(), fresh.liveMean(), fresh.candidateMean());
        if (!(gain > error)) {
            return new GateDecision.Hold("no better than one standard error: " + figures);
        }
        if (known.size() > 0 && known.medianHarm() > harmTolerance && !knowsTheNewAsWellAsTheOld(fresh, known)) {
            return new GateDecision.Hold(format(
                    "better on new examples, but spoils most of what was known (median %+.4f on %d): %s",
                    known.medianHarm(), known.size(), figures));
        }
        return new GateDecision.Publish(figures);
    }

    /** When everything changes, the old must go; what replaces it has to be learned as well as the old was. */
    private boolean knowsTheNewAsWellAsTheOld(PairedLosses fresh, PairedLosses known) {
        return fresh.candidateMean() <= known.liveMean() + harmTolerance;
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
