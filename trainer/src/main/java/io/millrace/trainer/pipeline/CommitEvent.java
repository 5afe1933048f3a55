package io.millrace.trainer.pipeline;

import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.StreamProgress;
import java.util.Map;

/**
 * A commit that has become durable.
 *
 * @param step optimiser steps taken
 * @param streams how far each stream is settled
 * @param revision the newest published one; 0: none yet
 */
public record CommitEvent(long step, Map<StreamName, StreamProgress> streams, long revision) {
    public CommitEvent {
        streams = Map.copyOf(streams);
    }
}
