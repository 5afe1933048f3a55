package io.millrace.trainer.checkpoint;

/** Where a watch starts. */
public sealed interface StartAt {
    /** The newest revision, if there is one, then new ones. */
    record Latest() implements StartAt {}

    /** The oldest revision still kept. */
    record Earliest() implements StartAt {}

    /** @param revision may be the one after the latest: then the watch waits for it */
    record At(long revision) implements StartAt {
        public At {
            if (revision < 1) {
                throw new IllegalArgumentException("revision is %d; revisions start at 1".formatted(revision));
            }
        }
    }
}
