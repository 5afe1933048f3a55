package io.millrace.trainer.chat;

/** Python's {@code None}. */
enum None {
    NONE
}
