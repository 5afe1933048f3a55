package io.millrace.trainer.pipeline;

import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.Evidence;
import io.millrace.trainer.eval.Gate;
import io.millrace.trainer.eval.GateDecision;
import io.millrace.trainer.eval.PairedLosses;
import io.millrace.trainer.peft.AdapterWeights;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Compares the weights in training with the published revision (the base model while there is none), on examples that
 * neither was trained on: the newest held-out ones, and the batch that is about to be trained on.
 */
final class Judge {
    /** Held-out examples that can judge alone. */
    private static final int ENOUGH = 8;

    /** Recent examples that can: a small batch, which the standard error of so few makes up for. */
    private static final int ENOUGH_RECENT = 4;

    private final Gate gate;
    private final Holdout holdout;
    private final BiFunction<Optional<AdapterWeights>, List<Sequence>, List<ExampleLoss>> scorer;
    private ScoredVersion live;
    private ScoredVersion candidate;
    private List<Member> known;
    private Optional<Boolean> liveMinds = Optional.empty();
    private long liveThrough;
    private long judgedThrough;

    /** @param holdoutLoss mean loss of the candidate on what judged, nats per token */
    record Judgement(GateDecision decision, double holdoutLoss, Map<String, Double> metrics) {}

    /**
     * @param holdoutSize so many of the newest held-out examples judge
     * @param live the published revision's weights
     * @param known what the published revision was judged by
     * @param scorer losses of sequences under an adapter or the base model
     */
    Judge(
            Gate gate,
            int holdoutSize,
            Optional<AdapterWeights> live,
            List<Member> known,
            BiFunction<Optional<AdapterWeights>, List<Sequence>, List<ExampleLoss>> scorer) {
        this.gate = gate;
        this.holdout = new Holdout(holdoutSize, ENOUGH);
        this.live = new ScoredVersion(live, scorer);
        this.candidate = this.live;
        this.known = known;
        this.liveThrough = newest(known);
        this.scorer = scorer;
    }

    void holdOut(Collection<Member> members) {
        holdout.add(members);
    }

    /**
     * Whether there is enough to judge by.
     *
     * @param shiftAt place in the log of the last detected shift; only what came after it judges
     * @param upcoming the batch about to be trained on; empty: none
     */
    boolean canJudge(long shiftAt, List<Member> upcoming) {
        return holdout.after(shiftAt).size() >= ENOUGH
                || recent(shiftAt, upcoming).size() >= ENOUGH_RECENT;
    }

    Judgement judge(AdapterWeights weights, long shiftAt, List<Member> upcoming) {
        List<Member> newest = holdout.after(shiftAt);
        List<Member> recent = recent(shiftAt, upcoming);
        boolean anew = shiftAt > liveThrough;
        List<Member> all = new ArrayList<>(newest);
        all.addAll(recent);
        all.addAll(known);
        candidate = new ScoredVersion(Optional.of(weights), scorer);
        candidate.score(all);
        live.score(all);
        judgedThrough = Math.max(newest(newest), newest(recent));
        Evidence evidence = new Evidence(
                newest.size() >= ENOUGH ? pair(newest) : PairedLosses.NONE,
                recent.size() >= ENOUGH_RECENT ? pair(recent) : PairedLosses.NONE,
                anew ? PairedLosses.NONE : pair(known),
                hasToMindQuestions()
                        ? Optional.of(candidate.swapped(recent)).filter(swapped -> swapped.size() >= 2)
                        : Optional.empty());
        PairedLosses judges = evidence.judges();
        return new Judgement(
                gate.decide(evidence),
                judges.candidateMean(),
                Map.of(
                        "holdout_loss", judges.candidateMean(),
                        "live_holdout_loss", judges.liveMean(),
                        "gain", judges.gain(),
                        "standard_error", judges.standardError(),
                        "judged_by", (double) judges.size()));
    }

    /** A revision that minds the questions isn't replaced by one that doesn't; of one that nothing is known of, it is assumed. */
    private boolean hasToMindQuestions() {
        if (live.isBase()) {
            return false;
        }
        if (liveMinds.isEmpty()) {
            PairedLosses swapped = live.swapped(known);
            liveMinds = Optional.of(swapped.size() < 2 || Gate.mindsQuestions(swapped));
        }
        return liveMinds.get();
    }

    private List<Member> recent(long shiftAt, List<Member> upcoming) {
        List<Member> recent = new ArrayList<>(holdout.after(Math.max(shiftAt, liveThrough)));
        recent.addAll(upcoming);
        return recent;
    }

    private PairedLosses pair(List<Member> members) {
        return new PairedLosses(live.losses(members), candidate.losses(members));
    }

    /**
     * The candidate judged last is live from now on.
     *
     * @param trainedLast examples trained on last, to stand in where too few are held out
     */
    void published(List<Member> trainedLast) {
        live = candidate;
        liveMinds = Optional.empty();
        liveThrough = judgedThrough;
        List<Member> heldOut = holdout.after(0);
        known = heldOut.size() >= ENOUGH ? heldOut : trainedLast;
    }

    List<Long> holdout() {
        return seqs(holdout.after(0));
    }

    List<Long> known() {
        return seqs(known);
    }

    private static List<Long> seqs(List<Member> members) {
        return members.stream().map(Member::seq).toList();
    }

    /** Place in the log of the last one; 0: none. */
    private static long newest(List<Member> members) {
        return members.isEmpty() ? 0 : members.get(members.size() - 1).seq();
    }
}
