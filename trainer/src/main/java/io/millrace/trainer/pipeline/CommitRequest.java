package io.millrace.trainer.pipeline;

import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.StreamProgress;
import java.util.Map;
import java.util.Optional;

/**
 * A moment of a run, to be made durable together with the training state that belongs to it.
 *
 * @param publication present when these weights become a revision
 * @param halt present when training stops after it: why
 */
record CommitRequest(
        RunState run,
        Map<StreamName, StreamProgress> streams,
        Optional<Publication> publication,
        Optional<String> halt) {

    CommitRequest(RunState run, Map<StreamName, StreamProgress> streams, Optional<Publication> publication) {
        this(run, streams, publication, Optional.empty());
    }

    CommitRequest haltedBecause(String reason) {
        return new CommitRequest(run, streams, publication, Optional.of(reason));
    }

    /**
     * @param decision why, in words
     * @param metrics by name, as the manifest shows them
     * @param rolledBackTo the revision whose weights these are again
     */
    record Publication(String decision, Map<String, Double> metrics, Optional<Long> rolledBackTo) {}
}
