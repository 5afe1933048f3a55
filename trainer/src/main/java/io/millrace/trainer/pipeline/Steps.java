package io.millrace.trainer.pipeline;

import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.step.Learner;
import io.millrace.trainer.step.StepOutcome;
import io.millrace.trainer.step.StepSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes a batch's optimiser step, leaving out the examples that spoil it. */
final class Steps {
    private static final Logger LOG = LoggerFactory.getLogger(Steps.class);

    /** Batches without a single good new example before training stops. */
    private static final int MOST_SPOILT = 3;

    private final Learner learner;
    private int spoilt;

    /**
     * @param losses of the examples trained on, by place in the log
     * @param quarantined places in the log of the examples left out
     * @param stepped whether anything was trained on
     */
    record Taken(Map<Long, ExampleLoss> losses, Set<Long> quarantined, boolean stepped) {}

    Steps(Learner learner) {
        this.learner = learner;
    }

    /** Without a good new example, no step is taken: those to replay don't make up for it. */
    Taken take(Work.Batch batch, StepSettings settings) {
        List<Member> members = new ArrayList<>(batch.train());
        members.addAll(batch.replay());
        Set<Long> fresh = batch.train().stream().map(Member::seq).collect(Collectors.toSet());
        Set<Long> quarantined = new HashSet<>();
        while (!quarantined.containsAll(fresh)) {
            StepOutcome outcome =
                    learner.step(members.stream().map(Member::sequence).toList(), settings);
            if (outcome instanceof StepOutcome.Rejected rejected) {
                leaveOut(rejected, members, quarantined, batch.record().number());
                continue;
            }
            spoilt = 0;
            Map<Long, ExampleLoss> losses = new HashMap<>();
            for (int i = 0; i < members.size(); i++) {
                losses.put(members.get(i).seq(), outcome.losses().get(i));
            }
            return new Taken(losses, quarantined, true);
        }
        spoilt += fresh.isEmpty() ? 0 : 1;
        return new Taken(Map.of(), quarantined, false);
    }

    /** Why training shouldn't go on by itself: several batches in a row were spoilt altogether. */
    Optional<String> halt() {
        return spoilt < MOST_SPOILT
                ? Optional.empty()
                : Optional.of(
                        "%d batches in a row gave no finite, sane loss or gradient; look at the newest examples, or roll back"
                                .formatted(spoilt));
    }

    private static void leaveOut(
            StepOutcome.Rejected rejected, List<Member> members, Set<Long> quarantined, long batch) {
        List<Member> bad = rejected.offenders().stream().map(members::get).toList();
        for (Member member : bad) {
            LOG.warn(
                    "batch {}: {} offset {} is quarantined: {}",
                    batch,
                    member.stream(),
                    member.offset(),
                    rejected.reason());
            quarantined.add(member.seq());
        }
        members.removeAll(bad);
    }
}
