package io.millrace.trainer.pipeline;

import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.step.TrainingState;
import java.util.Map;
import java.util.Optional;

/**
 * A moment of a run, to be made durable.
 *
 * @param publication present when these weights become a revision
 * @param halt present when training stops after it: why
 */
record CommitRequest(
        TrainingState state,
        RunState run,
        Map<StreamName, StreamProgress> streams,
        Optional<Publication> publication,
        Optional<String> halt) {

    CommitRequest(
            TrainingState state,
            RunState run,
            Map<StreamName, StreamProgress> streams,
            Optional<Publication> publication) {
        this(state, run, streams, publication, Optional.empty());
    }

    CommitRequest haltedBecause(String reason) {
        return new CommitRequest(state, run, streams, publication, Optional.of(reason));
    }

    boolean halts() {
        return halt.isPresent();
    }

    /**
     * @param decision why, in words
     * @param metrics by name, as the manifest shows them
     * @param rolledBackTo the revision whose weights these are again
     */
    record Publication(String decision, Map<String, Double> metrics, Optional<Long> rolledBackTo) {}
}
