package io.millrace.trainer.checkpoint;

/**
 * Which revisions of an adapter there are.
 *
 * @param floor the oldest one kept; 1 when there is none yet
 * @param latest the newest; 0 when there is none yet
 */
public record RevisionSpan(long floor, long latest) {}
