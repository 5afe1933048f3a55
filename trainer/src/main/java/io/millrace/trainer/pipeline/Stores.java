package io.millrace.trainer.pipeline;

import io.millrace.trainer.checkpoint.ArtifactStore;
import io.millrace.trainer.checkpoint.CommitStore;
import io.millrace.trainer.checkpoint.RevisionStore;
import io.millrace.trainer.log.AdapterStore;
import io.millrace.trainer.log.BatchJournal;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.ExampleLog;
import io.millrace.trainer.log.Settler;
import io.millrace.trainer.log.SqliteExampleLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Clock;

/** Everything durable in a data directory. */
record Stores(
        AdapterStore adapters,
        ExampleLog log,
        BatchJournal journal,
        ArtifactStore artifacts,
        RevisionStore revisions,
        CommitStore commits) {

    static Stores of(DataDirectory directory, TrainerSettings settings, Clock clock) {
        try {
            ArtifactStore artifacts = new ArtifactStore(directory);
            RevisionStore revisions = new RevisionStore(directory, settings.keptRevisions());
            return new Stores(
                    new AdapterStore(directory, clock, new SecureRandom()),
                    new SqliteExampleLog(directory, settings.unsettledBytes()),
                    new BatchJournal(directory),
                    artifacts,
                    revisions,
                    new CommitStore(directory, artifacts, revisions, new Settler(settings.retainedBytes()), clock));
        } catch (IOException e) {
            throw new UncheckedIOException("the artifacts of " + directory.path() + " can't be opened", e);
        }
    }
}
