package io.millrace.trainer.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * Publishes only what is better. A candidate must gain more than one standard error on examples that were new to both
 * versions. That alone would let wrong answers pass, since unlearning confident answers lowers the loss on contradicting ones.
 * So a candidate mustn't spoil what the live revision was judged by; and once the live revision minds the questions, it has to
 * mind them too: right answers to the newest questions must be likelier than the answers to other questions.
 *
 * @param harmTolerance median loss (nats per token) that a candidate may add on examples known to the live revision
 */
public record Gate(double harmTolerance) {
    /** Standard errors by which right answers must be likelier than swapped ones: with 8 examples, chance passes 1 in 400. */
    private static final double CLEARLY = 4;

    /** Or else how rarely chance may make as many of them likelier, by however much: all of 8, 11 of 12, 24 of 32. */
    private static final double RARELY = 0.005;

    public Gate {
        if (!(harmTolerance >= 0)) {
            throw new IllegalArgumentException("harm_tolerance is %s; it must be 0 or more".formatted(harmTolerance));
        }
    }

    /**
     * How much of the loss that answers have for other questions they don't have for their own, from 0 to 1; 0 unless clearly.
     * As a share, since the better a version knows what kind of answers there are, the less it loses on any of them.
     *
     * @param swapped losses with swapped answers, and with their own
     */
    public static double margin(PairedLosses swapped) {
        boolean clearly = swapped.gain() > CLEARLY * swapped.standardError() || swapped.signTest() <= RARELY;
        return clearly ? Math.max(0, swapped.gain() / swapped.liveMean()) : 0;
    }

    /**
     * Clearly, or as well as the live revision, within a standard error: early on, neither tells answers clearly apart, and
     * among few questions nobody does.
     */
    private static boolean mindsQuestions(PairedLosses swapped, DoubleSupplier liveMargin) {
        if (margin(swapped) > 0) {
            return true;
        }
        double live = liveMargin.getAsDouble();
        return live == 0 || (swapped.gain() + swapped.standardError()) / swapped.liveMean() >= live;
    }

    public GateDecision decide(Evidence evidence) {
        List<String> noBetter = new ArrayList<>();
        for (Supplier<PairedLosses> examples : evidence.examples()) {
            PairedLosses losses = examples.get();
            if (losses.isBetter()) {
                return unlessSpokenAgainst(figures(losses), evidence);
            }
            if (losses.size() > 0) {
                noBetter.add(figures(losses));
            }
        }
        return new GateDecision.Hold("no better than one standard error: " + String.join("; ", noBetter));
    }

    /** @param figures of what the candidate is better on */
    private GateDecision unlessSpokenAgainst(String figures, Evidence evidence) {
        PairedLosses known = evidence.known();
        if (known.size() > 0 && known.medianHarm() > harmTolerance) {
            return new GateDecision.Hold(format(
                    "better on new examples, but spoils most of what was known (median %+.4f on %d): %s",
                    known.medianHarm(), known.size(), figures));
        }
        Optional<PairedLosses> swapped = evidence.swapped().get();
        if (swapped.isPresent() && !mindsQuestions(swapped.get(), evidence.liveMargin())) {
            return new GateDecision.Hold(format(
                    "better, but doesn't mind the questions: its loss on %d new examples is %.4f with their answers, %.4f with swapped ones: %s",
                    swapped.get().size(),
                    swapped.get().candidateMean(),
                    swapped.get().liveMean(),
                    figures));
        }
        return new GateDecision.Publish(figures);
    }

    private static String figures(PairedLosses losses) {
        return format(
                "gain %.4f ± %.4f nats per token on %d examples, loss %.4f → %.4f",
                losses.gain(), losses.standardError(), losses.size(), losses.liveMean(), losses.candidateMean());
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
