package io.millrace.client.cli;

/** The process was asked to stop before the command was done. */
final class InterruptedCommandException extends RuntimeException {
    private static final long serialVersionUID = 1;

    InterruptedCommandException() {
        super("interrupted; run it again to go on");
    }
}
