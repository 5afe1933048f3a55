package io.millrace.client.cli;

import io.millrace.client.MillraceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import picocli.CommandLine.ParameterException;

/** What a command's exit status says; the numbers are those of sysexits where it has one. */
public final class ExitCode {
    public static final int OK = 0;
    /** The server refused what was asked. */
    public static final int REFUSED = 1;

    public static final int USAGE = 2;
    public static final int BAD_DATA = 65;
    public static final int UNAVAILABLE = 69;
    public static final int INTERNAL = 70;
    /** A file can't be read or written. */
    public static final int INPUT_OUTPUT = 74;

    public static final int INTERRUPTED = 130;

    private ExitCode() {}

    /** The exit status for a failure. */
    public static int of(Throwable failure) {
        if (failure instanceof MillraceException refusal) {
            return switch (refusal.code()) {
                case UNAVAILABLE, DEADLINE_EXCEEDED -> UNAVAILABLE;
                case INTERNAL, UNKNOWN, DATA_LOSS -> INTERNAL;
                default -> REFUSED;
            };
        }
        if (failure instanceof BadDataException) {
            return BAD_DATA;
        }
        if (failure instanceof IOException || failure instanceof UncheckedIOException) {
            return INPUT_OUTPUT;
        }
        if (failure instanceof InterruptedCommandException) {
            return INTERRUPTED;
        }
        return failure instanceof ParameterException ? USAGE : INTERNAL;
    }
}
