package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;

/** What became of a change to an adapter. */
public sealed interface ChangeOutcome {
    /** @param adapter as it is now; after a deletion, as it was */
    record Changed(Adapter adapter) implements ChangeOutcome {}

    /** Somebody changed it in between; nothing was done. */
    record OtherEtag(Adapter current) implements ChangeOutcome {}

    record UnknownAdapter(AdapterName name) implements ChangeOutcome {}
}
