package io.millrace.trainer.pipeline;

import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.batch.SwappedAnswers;
import io.millrace.trainer.eval.Gate;
import io.millrace.trainer.eval.PairedLosses;
import io.millrace.trainer.peft.AdapterWeights;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One version of an adapter, or the base model, with the losses it was found to have: each example is scored once. */
final class ScoredVersion {
    /** Questions that are asked first with swapped answers, which mostly tells enough. */
    private static final int FEW_SWAPPED = 8;

    /** Bounds what is scored once more with swapped answers. */
    private static final int MOST_SWAPPED = 32;

    private final Optional<AdapterWeights> weights;
    private final BiFunction<Optional<AdapterWeights>, List<Sequence>, List<ExampleLoss>> scorer;
    private final Map<Long, Double> losses = new HashMap<>();
    private Asked asked = new Asked(List.of(), PairedLosses.NONE);

    /** Questions, with the losses that their swapped answers and their own have. */
    private record Asked(List<Member> questions, PairedLosses swapped) {}

    /**
     * @param weights empty: the base model
     * @param scorer losses of sequences under an adapter or the base model
     */
    ScoredVersion(
            Optional<AdapterWeights> weights,
            BiFunction<Optional<AdapterWeights>, List<Sequence>, List<ExampleLoss>> scorer) {
        this.weights = weights;
        this.scorer = scorer;
    }

    /** The same version, with its weights elsewhere. */
    ScoredVersion at(AdapterWeights place) {
        ScoredVersion moved = new ScoredVersion(Optional.of(place), scorer);
        moved.losses.putAll(losses);
        return moved;
    }

    boolean isBase() {
        return weights.isEmpty();
    }

    /** Forgets the losses of all others. */
    void keep(Collection<Member> members) {
        losses.keySet().retainAll(members.stream().map(Member::seq).collect(Collectors.toSet()));
    }

    /** Scores those that weren't yet. */
    void score(Collection<Member> members) {
        score(members, List.of());
    }

    /**
     * The same, and asks the newest few of these questions, which were scored or are now, with swapped answers: in one go, since each
     * reads the whole model.
     */
    void score(Collection<Member> members, List<Member> questions) {
        score(members, questions, FEW_SWAPPED);
    }

    private void score(Collection<Member> members, List<Member> questions, int most) {
        Map<Long, Sequence> unknown = new LinkedHashMap<>();
        members.forEach(member -> unknown.put(member.seq(), member.sequence()));
        unknown.keySet().removeAll(losses.keySet());
        List<Member> newest = newest(questions, most);
        List<SwappedAnswers.Swap> swaps =
                SwappedAnswers.of(newest.stream().map(Member::sequence).toList());
        double[] found =
                means(Stream.concat(unknown.values().stream(), swaps.stream().map(SwappedAnswers.Swap::swapped))
                        .toList());
        int next = 0;
        for (long seq : unknown.keySet()) {
            losses.put(seq, found[next++]);
        }
        asked = new Asked(
                newest,
                new PairedLosses(
                        Arrays.copyOfRange(found, next, found.length),
                        losses(swaps.stream()
                                .map(swap -> newest.get(swap.question()))
                                .toList())));
    }

    private static List<Member> newest(List<Member> members, int most) {
        return members.subList(Math.max(0, members.size() - most), members.size());
    }

    /** Those of the examples, which were scored, whose loss is finite. */
    List<Member> comparable(List<Member> members) {
        return members.stream()
                .filter(member -> Double.isFinite(losses.getOrDefault(member.seq(), Double.NaN)))
                .toList();
    }

    /** Mean losses per trained token, nats, of examples that were scored. */
    double[] losses(List<Member> members) {
        return members.stream()
                .mapToDouble(member -> losses.getOrDefault(member.seq(), Double.NaN))
                .toArray();
    }

    /**
     * The losses of the newest of these examples, which were scored, with swapped answers and with their own: of more of them
     * where few don't tell both apart. Empty for running text, which has no answers, and where all answers are the same.
     */
    PairedLosses swapped(List<Member> members) {
        PairedLosses few = swapped(members, FEW_SWAPPED);
        return Gate.margin(few) > 0 || members.size() <= FEW_SWAPPED ? few : swapped(members, MOST_SWAPPED);
    }

    private PairedLosses swapped(List<Member> members, int most) {
        if (!asked.questions().equals(newest(members, most))) {
            score(List.of(), members, most);
        }
        return asked.swapped();
    }

    private double[] means(List<Sequence> sequences) {
        return sequences.isEmpty()
                ? new double[0]
                : scorer.apply(weights, sequences).stream()
                        .mapToDouble(ExampleLoss::mean)
                        .toArray();
    }
}
