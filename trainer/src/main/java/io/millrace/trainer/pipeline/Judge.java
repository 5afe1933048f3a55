package io.millrace.trainer.pipeline;

import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
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
    private Optional<AdapterWeights> live;
    private List<Member> known;

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

    /** Whether enough examples after a place in the log are held out to judge by. */
    boolean canJudge(long after) {
        return fresh(after).size() >= ENOUGH;
    }

    /** Judges by the held-out examples after a place in the log. */
    Judgement judge(AdapterWeights candidate, long after) {
        return judge(candidate, fresh(after));
    }

    /** Judges by these examples, which nothing was trained on yet. */
    Judgement judge(AdapterWeights candidate, List<Member> fresh) {
        Map<Long, Member> all = new LinkedHashMap<>();
        fresh.forEach(member -> all.put(member.seq(), member));
        known.forEach(member -> all.put(member.seq(), member));
        List<Member> scored = List.copyOf(all.values());
        Map<Long, Double> candidateLosses = losses(Optional.of(candidate), scored);
        List<Member> unknown = scored.stream()
                .filter(member -> !liveLosses.containsKey(member.seq()))
                .toList();
        liveLosses.keySet().retainAll(all.keySet());
        liveLosses.putAll(losses(live, unknown));
        PairedLosses freshLosses = pair(fresh, candidateLosses);
        GateDecision decision = gate.decide(freshLosses, pair(known, candidateLosses));
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

    /** @param newest examples trained on last, to stand in where too few are held out */
    void published(AdapterWeights weights, List<Member> newest) {
        live = Optional.of(weights);
        known = holdout.size() >= ENOUGH ? List.copyOf(holdout) : newest;
        liveLosses.clear();
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

    private PairedLosses pair(List<Member> members, Map<Long, Double> candidateLosses) {
        return new PairedLosses(
                members.stream()
                        .mapToDouble(member -> liveLosses.getOrDefault(member.seq(), Double.NaN))
                        .toArray(),
                members.stream()
                        .mapToDouble(member -> candidateLosses.getOrDefault(member.seq(), Double.NaN))
                        .toArray());
    }
}
