package io.millrace.trainer.checkpoint;

import io.millrace.trainer.example.AdapterName;

/** An adapter's commits are all damaged: its training can't be resumed. Its revisions may still be intact. */
public final class DamagedStateException extends RuntimeException {
    private static final long serialVersionUID = 1;

    DamagedStateException(AdapterName adapter) {
        super(
                "the training state of %s is damaged in every commit that is kept; create a new adapter from its latest revision"
                        .formatted(adapter));
    }
}
