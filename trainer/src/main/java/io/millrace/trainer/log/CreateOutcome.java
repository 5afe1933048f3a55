package io.millrace.trainer.log;

/** What became of a creation. */
public sealed interface CreateOutcome {
    /** The adapter that has the name now. */
    Adapter adapter();

    record Created(Adapter adapter) implements CreateOutcome {}

    /** The same request, with the same config, created it before: a retry. */
    record Repeated(Adapter adapter) implements CreateOutcome {}

    /** Another request created it, perhaps with another config. */
    record AlreadyExists(Adapter adapter) implements CreateOutcome {}
}
