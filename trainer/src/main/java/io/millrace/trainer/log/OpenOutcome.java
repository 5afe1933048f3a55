package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;

/** What became of opening a stream. */
public sealed interface OpenOutcome {
    record Opened(StreamState stream) implements OpenOutcome {}

    record UnknownAdapter(AdapterName adapter) implements OpenOutcome {}
}
