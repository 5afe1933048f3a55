package io.millrace.trainer.checkpoint;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.Settlement;
import java.util.List;

/**
 * What a run resumes from.
 *
 * @param step optimiser steps taken
 * @param files the training state, already in the artifact store
 * @param settlement which examples are settled
 * @param pipeline a JSON value as text: schedule, reservoirs, gate and drift state, the pipeline's own
 */
public record Commit(AdapterName adapter, long step, List<ArtifactFile> files, Settlement settlement, String pipeline) {
    public Commit {
        files = List.copyOf(files);
        if (step < 0) {
            throw new IllegalArgumentException("step is %d; it must be 0 or more".formatted(step));
        }
        for (StreamName stream : settlement.streams().keySet()) {
            if (!stream.adapter().equals(adapter)) {
                throw new IllegalArgumentException(
                        "settlement has %s, a stream of another adapter than %s".formatted(stream, adapter));
            }
        }
    }
}
