package io.millrace.server.ingest;

/** Why an example can't be taken; never leaves {@link ExampleReader}. */
final class InvalidRow extends RuntimeException {
    private static final long serialVersionUID = 1;

    final String field;
    final String reason;

    /** @param field path from the example, such as {@code content.chat.messages[1].content} */
    InvalidRow(String field, String reason) {
        super(field + ": " + reason, null, false, false);
        this.field = field;
        this.reason = reason;
    }
}
