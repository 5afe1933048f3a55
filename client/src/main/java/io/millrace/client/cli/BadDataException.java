package io.millrace.client.cli;

/** Input that a command was told not to go on with. */
public final class BadDataException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public BadDataException(String message) {
        super(message);
    }
}
