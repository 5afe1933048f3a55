package io.millrace.server.ingest;

import io.millrace.trainer.example.Example;

/** What came of reading one example from the wire. */
sealed interface RowReading {
    record Read(Example example) implements RowReading {}

    /**
     * @param field path from the example, such as {@code content.chat.messages[1].content}
     * @param reason what is wrong, and what to do
     */
    record Refused(String field, String reason) implements RowReading {}

    /** A kind of example whose loss no method defines yet. */
    record Unimplemented(String field, String reason) implements RowReading {}
}
