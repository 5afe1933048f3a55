package io.millrace.trainer.checkpoint;

import io.millrace.trainer.example.AdapterName;

/** What a watcher is told. */
public sealed interface RevisionEvent {
    record Published(Revision revision) implements RevisionEvent {}

    /** The watcher was too slow: the revisions from the first on, up to where it goes on, are not kept any more. */
    record Lagged(long skippedFrom, long resumedAt) implements RevisionEvent {}

    /** The last event: the start is not kept any more; start at the floor or later. */
    record Compacted(long floor, long latest) implements RevisionEvent {}

    /** The last event: the start is beyond latest + 1. */
    record BeyondLatest(long latest) implements RevisionEvent {}

    /** The last event: there is no such adapter, or it was deleted. */
    record UnknownAdapter(AdapterName adapter) implements RevisionEvent {}

    /** Whether the watch ends with it. */
    default boolean isLast() {
        return this instanceof Compacted || this instanceof BeyondLatest || this instanceof UnknownAdapter;
    }
}
