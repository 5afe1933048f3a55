package io.millrace.trainer.pipeline;

import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.batch.SwappedAnswers;
import io.millrace.trainer.eval.Gate;
import io.millrace.trainer.eval.GateDecision;
import io.millrace.trainer.eval.PairedLosses;
import io.millrace.trainer.peft.AdapterWeights;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Compares the weights in training with the published revision (the base model while there is none) on the newest held-out
 * examples. The published one's losses are computed once per example.
 */
final class Judge {
    /** With fewer held-out examples than this, the newest batch judges before it is trained on. */
    private static final int ENOUGH = 8;

    /** Bounds one comparison; the oldest held-out examples give way. */
    private static final int MOST_TOKENS = 16_384;

    private final Gate gate;
    private final int holdoutSize;
    private final BiFunction<Optional<AdapterWeights>, List<Sequence>, List<ExampleLoss>> scorer;
    private final Deque<Member> holdout = new ArrayDeque<>();
    private final Map<Long, Double> liveLosses = new HashMap<>();
    private Map<Long, Double> candidateLosses = Map.of();
    private Optional<AdapterWeights> live;
    private List<Member> known;
    private long newestJudged;
    private long liveThrough;

    /** @param holdoutLoss mean loss of the candidate on what judged, nats per token */
    record Judgement(GateDecision decision, double holdoutLoss, Map<String, Double> metrics) {}

    /**
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
        this.holdoutSize = holdoutSize;
        this.live = live;
        this.known = known;
        this.liveThrough = known.isEmpty() ? 0 : known.get(known.size() - 1).seq();
        this.scorer = scorer;
    }

    void holdOut(Collection<Member> members) {
        holdout.addAll(members);
        while (holdout.size() > holdoutSize || tokens() > MOST_TOKENS && holdout.size() > ENOUGH) {
            holdout.removeFirst();
        }
    }

    private int tokens() {
        return holdout.stream().mapToInt(member -> member.sequence().length()).sum();
    }

    /** Whether enough examples that came after the last detected shift are held out to judge by. */
    boolean canJudge(long shiftAt) {
        return fresh(shiftAt).size() >= ENOUGH;
    }

    /**
     * Judges by the held-out examples.
     *
     * @param shiftAt place in the log of the last detected shift; only what came after it judges
     */
    Judgement judge(AdapterWeights candidate, long shiftAt) {
        return judge(candidate, fresh(shiftAt), shiftAt > liveThrough);
    }

    /** Judges by these examples, which nothing was trained on yet. */
    Judgement judge(AdapterWeights candidate, List<Member> fresh) {
        return judge(candidate, fresh, live.isPresent());
    }

    private Judgement judge(AdapterWeights candidate, List<Member> fresh, boolean anew) {
        Map<Long, Member> all = new LinkedHashMap<>();
        fresh.forEach(member -> all.put(member.seq(), member));
        known.forEach(member -> all.put(member.seq(), member));
        List<Member> scored = List.copyOf(all.values());
        candidateLosses = losses(Optional.of(candidate), scored);
        List<Member> unknown = scored.stream()
                .filter(member -> !liveLosses.containsKey(member.seq()))
                .toList();
        liveLosses.keySet().retainAll(all.keySet());
        liveLosses.putAll(losses(live, unknown));
        newestJudged = fresh.get(fresh.size() - 1).seq();
        PairedLosses freshLosses = pair(fresh);
        Optional<PairedLosses> swapped = anew ? swapped(candidate, fresh) : Optional.empty();
        GateDecision decision = swapped.map(losses -> gate.decideAnew(freshLosses, losses))
                .orElseGet(() -> gate.decide(freshLosses, pair(known)));
        return new Judgement(
                decision,
                freshLosses.candidateMean(),
                Map.of(
                        "holdout_loss", freshLosses.candidateMean(),
                        "live_holdout_loss", freshLosses.liveMean(),
                        "gain", freshLosses.gain(),
                        "standard_error", freshLosses.standardError(),
                        "judged_by", (double) freshLosses.size()));
    }

    /** The candidate's losses with swapped answers and with their own; absent for running text, which has no answers. */
    private Optional<PairedLosses> swapped(AdapterWeights candidate, List<Member> fresh) {
        List<Member> answered = fresh.stream()
                .filter(member -> SwappedAnswers.hasAnswer(member.sequence()))
                .toList();
        if (answered.size() < 2) {
            return Optional.empty();
        }
        List<ExampleLoss> swapped = scorer.apply(
                Optional.of(candidate),
                SwappedAnswers.of(answered.stream().map(Member::sequence).toList()));
        return Optional.of(new PairedLosses(
                swapped.stream().mapToDouble(ExampleLoss::mean).toArray(), of(answered, candidateLosses)));
    }

    /**
     * The candidate judged last is live from now on.
     *
     * @param newest examples trained on last, to stand in where too few are held out
     */
    void published(AdapterWeights weights, List<Member> newest) {
        live = Optional.of(weights);
        liveThrough = newestJudged;
        known = holdout.size() >= ENOUGH ? List.copyOf(holdout) : newest;
        liveLosses.clear();
        liveLosses.putAll(candidateLosses);
    }

    List<Long> holdout() {
        return seqs(holdout);
    }

    List<Long> known() {
        return seqs(known);
    }

    private static List<Long> seqs(Collection<Member> members) {
        return members.stream().map(Member::seq).toList();
    }

    private List<Member> fresh(long after) {
        return holdout.stream().filter(member -> member.seq() > after).toList();
    }

    private Map<Long, Double> losses(Optional<AdapterWeights> weights, List<Member> members) {
        if (members.isEmpty()) {
            return Map.of();
        }
        List<ExampleLoss> losses =
                scorer.apply(weights, members.stream().map(Member::sequence).toList());
        Map<Long, Double> bySeq = new HashMap<>();
        for (int i = 0; i < members.size(); i++) {
            bySeq.put(members.get(i).seq(), losses.get(i).mean());
        }
        return bySeq;
    }

    private PairedLosses pair(List<Member> members) {
        return new PairedLosses(of(members, liveLosses), of(members, candidateLosses));
    }

    private static double[] of(List<Member> members, Map<Long, Double> losses) {
        return members.stream()
                .mapToDouble(member -> losses.getOrDefault(member.seq(), Double.NaN))
                .toArray();
    }
}
