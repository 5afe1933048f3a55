package io.millrace.trainer.pipeline;

import io.millrace.trainer.checkpoint.RevisionStore;
import io.millrace.trainer.log.Settler;
import io.millrace.trainer.log.SqliteExampleLog;

/**
 * Bounds of a trainer's data directory, per adapter.
 *
 * @param unsettledBytes examples logged and not yet settled; beyond that, appends are turned away
 * @param retainedBytes settled examples kept for replay, judging and the comparison of resends
 * @param keptRevisions newest revisions kept
 */
public record TrainerSettings(long unsettledBytes, long retainedBytes, int keptRevisions) {
    public static final TrainerSettings DEFAULT = new TrainerSettings(
            SqliteExampleLog.DEFAULT_BOUND, Settler.DEFAULT_RETAINED_BYTES, RevisionStore.DEFAULT_KEPT);
}
