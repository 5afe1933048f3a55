package io.millrace.client.jsonl;

/** A JSON object that is no example, with what to say to its author. */
final class BadExampleException extends Exception {
    private static final long serialVersionUID = 1;

    BadExampleException(String reason) {
        super(reason);
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
