package io.millrace.trainer.pipeline;

import io.millrace.trainer.example.AdapterName;

/** What became of a rollback. */
public sealed interface Rollback {
    /** @param revision the new one, with the old one's weights */
    record Done(long revision) implements Rollback {}

    record UnknownAdapter(AdapterName adapter) implements Rollback {}

    /** It was never published, or isn't kept any more. */
    record UnknownRevision(long revision, long floor, long latest) implements Rollback {}
}
