package io.millrace.trainer.pipeline;

import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.example.StreamName;

/**
 * An example of the log as the model sees it.
 *
 * @param seq its place in the log
 * @param offset its place in its stream
 */
record Member(long seq, StreamName stream, long offset, Sequence sequence) {}
