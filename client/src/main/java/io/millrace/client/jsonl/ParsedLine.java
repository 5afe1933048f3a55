package io.millrace.client.jsonl;

import io.millrace.client.Example;

/** A line of a JSONL file of examples. Blank lines are no lines at all. */
public sealed interface ParsedLine {
    /** Counted from 1. */
    long number();

    /** A line that holds an example; its origin is {@code line 12}. */
    record Valid(long number, Example example) implements ParsedLine {}

    /** A line that holds none; the reason says what is wrong, naming the field, and what to do. */
    record Bad(long number, String reason) implements ParsedLine {
        @Override
        public String toString() {
            return "line " + number + ": " + reason;
        }
    }
}
