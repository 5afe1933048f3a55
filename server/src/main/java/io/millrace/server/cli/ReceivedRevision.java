package io.millrace.server.cli;

import io.millrace.client.Checkpoint;
import io.millrace.server.command.Scoring;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.pipeline.Base;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A revision as a subscriber has it.
 *
 * @param folder where it lies
 * @param receivedAt when it was verified and written, as {@link System#nanoTime} counts
 */
record ReceivedRevision(Checkpoint checkpoint, Path folder, long receivedAt) {
    private static final double ENOUGH = 0.95;

    /**
     * Seconds until one of these revisions was there that answers 95 % of the questions exactly; absent: none does.
     *
     * @param revisions in the order in which they came
     * @param since as {@link System#nanoTime} counts
     */
    static OptionalDouble secondsToExact(
            List<ReceivedRevision> revisions, Base base, List<Example> questions, long since) {
        return revisions.stream()
                .filter(revision -> revision.exact(base, questions) >= ENOUGH)
                .mapToDouble(revision -> (revision.receivedAt - since) / 1e9)
                .findFirst();
    }

    TrainedAdapter adapter(Base base) {
        return Scoring.adapter(base, folder);
    }

    private double exact(Base base, List<Example> questions) {
        return new Scoring(base, Optional.of(adapter(base))).exact(questions).orElse(0);
    }
}
