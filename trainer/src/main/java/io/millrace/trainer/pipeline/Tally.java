package io.millrace.trainer.pipeline;

import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.StreamProgress;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Counts, per stream, how each example was settled: each exactly once, in the stream's order. */
final class Tally {
    private final Map<StreamName, Counts> streams = new HashMap<>();

    private static final class Counts {
        private long trained;
        private long heldOut;
        private long quarantined;
        private long dropped;

        StreamProgress progress() {
            return new StreamProgress(
                    trained + heldOut + quarantined + dropped, trained, heldOut, quarantined, dropped);
        }
    }

    /** @param streams as the last commit left them */
    Tally(Map<StreamName, StreamProgress> streams) {
        streams.forEach((name, progress) -> {
            Counts counts = of(name);
            counts.trained = progress.trained();
            counts.heldOut = progress.heldOut();
            counts.quarantined = progress.quarantined();
            counts.dropped = progress.dropped();
        });
    }

    /** @param quarantined places in the log of those of the batch's new examples that were not trained on */
    void settle(Work.Batch batch, Set<Long> quarantined) {
        for (Member member : batch.train()) {
            if (quarantined.contains(member.seq())) {
                of(member.stream()).quarantined++;
            } else {
                of(member.stream()).trained++;
            }
        }
        batch.heldOut().forEach(member -> of(member.stream()).heldOut++);
        batch.dropped().forEach(example -> of(example.stream()).dropped++);
    }

    Map<StreamName, StreamProgress> streams() {
        return streams.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().progress()));
    }

    private Counts of(StreamName stream) {
        return streams.computeIfAbsent(stream, absent -> new Counts());
    }
}
