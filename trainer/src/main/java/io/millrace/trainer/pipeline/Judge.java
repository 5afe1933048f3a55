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
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * Compares the weights in training with the published revision (the base model while there is none), on examples that
 * neither was trained on: the newest held-out ones, and the batch that is about to be trained on. Where there is no such batch,
 * and these don't speak for the weights, it goes by how the last ones did before they were trained on, as long as there are
 * untrained ones that could speak against them: whether answers fit their questions, only these can tell.
 */
final class Judge {
    /** Held-out examples that can judge alone. */
    private static final int ENOUGH = 8;

    /** Recent examples that can: a small batch, which the standard error of so few makes up for. */
    private static final int ENOUGH_RECENT = 4;

    private final Gate gate;
    private final Holdout holdout;
    private final TrainedLast trained = new TrainedLast();
    private final BiFunction<Optional<AdapterWeights>, List<Sequence>, List<ExampleLoss>> scorer;
    private ScoredVersion live;
    private List<Member> known;
    private OptionalDouble liveMargin = OptionalDouble.empty();
    private long liveThrough;
    private long liveTrainedThrough;

    /**
     * What came of a comparison.
     *
     * @param holdoutLoss mean loss of the candidate on what judged, nats per token
     * @param judges the examples that judged, in the order of the log
     */
    record Judgement(
            GateDecision decision,
            double holdoutLoss,
            Map<String, Double> metrics,
            ScoredVersion candidate,
            List<Member> judges) {}

    /**
     * @param holdoutSize so many of the newest held-out examples judge
     * @param live the published revision's weights, to be had as long as it is live
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
        this.known = known;
        this.liveThrough = newest(known);
        this.scorer = scorer;
    }

    void holdOut(Collection<Member> members) {
        holdout.add(members);
    }

    /** @param loss of the example before it was trained on, mean per trained token, nats */
    void trained(Member member, double loss) {
        trained.add(member, loss);
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

    /**
     * An example that the live version has no finite loss on is at fault itself, and judges nobody. Each version is scored on all that
     * is usually asked for at once, since each call reads the whole model.
     *
     * @param weights of the candidate, to be had until this returns
     */
    Judgement judge(AdapterWeights weights, long shiftAt, List<Member> upcoming) {
        List<Member> stillKnown = shiftAt > liveThrough ? List.of() : known;
        List<Member> toScore = new ArrayList<>(holdout.after(shiftAt));
        toScore.addAll(recent(shiftAt, upcoming));
        live.keep(Stream.concat(toScore.stream(), known.stream()).toList());
        toScore.addAll(stillKnown);
        live.score(toScore);
        List<Member> newest = live.comparable(holdout.after(shiftAt));
        List<Member> recent = live.comparable(recent(shiftAt, upcoming));
        ScoredVersion candidate = new ScoredVersion(Optional.of(weights), scorer);
        candidate.score(toScore, live.isBase() ? List.of() : recent);
        Evidence evidence = new Evidence(
                newest.size() >= ENOUGH ? pair(newest, candidate) : PairedLosses.NONE,
                recent.size() >= ENOUGH_RECENT ? pair(recent, candidate) : PairedLosses.NONE,
                () -> upcoming.isEmpty() && recent.size() >= ENOUGH_RECENT
                        ? trained(Math.max(shiftAt, liveTrainedThrough))
                        : PairedLosses.NONE,
                pair(live.comparable(stillKnown), candidate),
                () -> live.isBase()
                        ? Optional.empty()
                        : Optional.of(candidate.swapped(recent)).filter(swapped -> swapped.size() >= 2),
                () -> live.isBase() ? 0 : liveMargin());
        PairedLosses larger =
                evidence.newest().size() >= evidence.recent().size() ? evidence.newest() : evidence.recent();
        return new Judgement(
                gate.decide(evidence),
                larger.candidateMean(),
                Map.of(
                        "holdout_loss", larger.candidateMean(),
                        "live_holdout_loss", larger.liveMean(),
                        "gain", larger.gain(),
                        "standard_error", larger.standardError(),
                        "judged_by", (double) larger.size()),
                candidate,
                Stream.concat(newest.stream(), recent.stream())
                        .distinct()
                        .sorted(Comparator.comparingLong(Member::seq))
                        .toList());
    }

    private double liveMargin() {
        if (liveMargin.isEmpty()) {
            live.score(known);
            PairedLosses swapped = live.swapped(live.comparable(known));
            liveMargin = OptionalDouble.of(swapped.size() < 2 ? Double.POSITIVE_INFINITY : Gate.margin(swapped));
        }
        return liveMargin.getAsDouble();
    }

    private List<Member> recent(long shiftAt, List<Member> upcoming) {
        List<Member> recent = new ArrayList<>(holdout.after(Math.max(shiftAt, liveThrough)));
        recent.addAll(upcoming);
        return recent;
    }

    /** Losses of what was trained on last, after some place in the log: the live revision's, and those before the step. */
    private PairedLosses trained(long seq) {
        live.score(trained.after(seq));
        List<Member> last = live.comparable(trained.after(seq));
        return new PairedLosses(live.losses(last), trained.losses(last));
    }

    private PairedLosses pair(List<Member> members, ScoredVersion candidate) {
        return new PairedLosses(live.losses(members), candidate.losses(members));
    }

    /**
     * The candidate that was judged is live from now on.
     *
     * @param weights its weights, to be had as long as it is live
     */
    void published(Judgement judgement, AdapterWeights weights) {
        live = judgement.candidate().at(weights);
        liveMargin = OptionalDouble.empty();
        liveThrough = newest(judgement.judges());
        liveTrainedThrough = newest(trained.after(0));
        List<Member> heldOut = holdout.after(0);
        known = heldOut.size() >= ENOUGH ? heldOut : judgement.judges();
    }

    List<Long> holdout() {
        return seqs(holdout.after(0));
    }

    List<Long> known() {
        return seqs(known);
    }

    /** What nobody was trained on, the newest first: held-out examples, and where these are few, the batch about to be trained on. */
    List<Member> untrained(List<Member> upcoming) {
        List<Member> heldOut = holdout.after(0);
        List<Member> untrained = new ArrayList<>(heldOut.size() < ENOUGH ? upcoming : List.of());
        untrained.addAll(heldOut);
        Collections.reverse(untrained);
        return untrained;
    }

    private static List<Long> seqs(List<Member> members) {
        return members.stream().map(Member::seq).toList();
    }

    /** Place in the log of the last one; 0: none. */
    private static long newest(List<Member> members) {
        return members.isEmpty() ? 0 : members.get(members.size() - 1).seq();
    }
}
