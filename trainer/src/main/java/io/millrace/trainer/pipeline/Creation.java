package io.millrace.trainer.pipeline;

import io.millrace.trainer.log.Adapter;

/** What became of the wish for an adapter. */
public sealed interface Creation {
    /** It exists as wished; created now, or by an earlier try of the same request. */
    record Done(Adapter adapter) implements Creation {}

    /** Nothing was wrong, and nothing was done, since only a check was asked for. @param config complete */
    record Valid(String config) implements Creation {}

    /** Another request created one of that name. */
    record Exists(Adapter adapter) implements Creation {}

    /** @param reason names the field, the value and the remedy */
    record Invalid(String reason) implements Creation {}
}
