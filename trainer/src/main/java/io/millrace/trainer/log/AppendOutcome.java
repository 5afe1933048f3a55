package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;

/** What became of an append. Only the first two stored it; otherwise nothing of it was stored. */
public sealed interface AppendOutcome {
    /**
     * All of these examples are durable; at least the last one is new.
     *
     * @param room how many more bytes the adapter's log takes, see {@link ExampleLog#room}
     */
    record Appended(long firstOffset, int count, long nextOffset, long room) implements AppendOutcome {}

    /**
     * All of these examples were durable before: a resend.
     *
     * @param room how many more bytes the adapter's log takes, see {@link ExampleLog#room}
     */
    record Duplicate(long firstOffset, int count, long nextOffset, long room) implements AppendOutcome {}

    /** The append starts after the stream's next offset. */
    record Gap(long nextOffset) implements AppendOutcome {}

    /** @param offset the first one at which another example is stored */
    record Conflict(long offset) implements AppendOutcome {}

    /** The offset is negative. */
    record InvalidOffset(long offset) implements AppendOutcome {}

    record UnknownAdapter(AdapterName adapter) implements AppendOutcome {}

    /** With the append, the adapter's log would be above its bound; training has to settle something first. */
    record AtBound(long unsettledBytes, long bound) implements AppendOutcome {}
}
