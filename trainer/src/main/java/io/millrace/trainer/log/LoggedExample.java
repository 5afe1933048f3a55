package io.millrace.trainer.log;

import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.StreamName;

/**
 * An example in the log.
 *
 * @param seq its place among all examples of the data directory; grows, with gaps
 * @param bytes of its encoding
 */
public record LoggedExample(long seq, StreamName stream, long offset, Example example, long bytes) {}
