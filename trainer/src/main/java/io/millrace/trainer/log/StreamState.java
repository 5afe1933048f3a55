package io.millrace.trainer.log;

import io.millrace.trainer.example.StreamName;

/**
 * Where a stream stands.
 *
 * @param nextOffset of the next new example; all below it are durable
 * @param progress as of the last commit
 */
public record StreamState(StreamName name, long nextOffset, StreamProgress progress) {}
