package io.millrace.trainer.pipeline;

import io.millrace.trainer.example.StreamName;

/** An acknowledged example that can't be trained on, such as one that no longer fits a changed config. */
record Dropped(long seq, StreamName stream, long offset, String reason) {}
