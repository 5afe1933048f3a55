package io.millrace.client.cli;

import io.millrace.client.MillraceException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import reactor.core.Exceptions;

/** How a command talks: to a person, or with {@code --json} to a script; and how it ends. A mixin for every command. */
@Command(
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:success",
            "1:the server refused what was asked",
            "2:wrong usage",
            "65:bad data",
            "69:the server can't be reached",
            "70:something that should not happen",
            "74:a file can't be read or written",
            "130:interrupted"
        })
public final class OutputOptions {
    private static final String JSON_OPTION = "--json";

    @Option(
            names = JSON_OPTION,
            description = "Print only JSON objects on stdout, one a line; the last is 'finished' or 'failed'.")
    private boolean json;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    /** What a command does. */
    public interface Work {
        /** Does it, and returns the exit status. */
        int run(JsonEvents events) throws Exception;
    }

    /** Does a command's work; a failure is told and becomes an exit status. */
    public int run(Work work) {
        JsonEvents events = json ? JsonEvents.to(commandLine().getOut()) : JsonEvents.silent();
        try {
            return work.run(events);
        } catch (Exception e) {
            Throwable failure = Exceptions.unwrap(e);
            if (failure instanceof ParameterException usage) {
                throw usage;
            }
            int status = ExitCode.of(failure);
            String reason = describe(failure);
            note("error: " + reason);
            if (status == ExitCode.INTERNAL && !(failure instanceof MillraceException)) {
                failure.printStackTrace(commandLine().getErr());
            }
            events.event("failed").with("reason", reason).emit();
            return status;
        }
    }

    /** For a wrong command line, also one that picocli itself refuses: to be set on the top command. */
    public static int usageError(ParameterException usage, String[] arguments) {
        CommandLine line = usage.getCommandLine();
        line.getErr().println("error: " + usage.getMessage());
        line.getErr().println("Try '%s --help'.".formatted(line.getCommandSpec().qualifiedName()));
        if (Arrays.asList(arguments).contains(JSON_OPTION)) {
            JsonEvents.to(line.getOut())
                    .event("failed")
                    .with("reason", String.valueOf(usage.getMessage()))
                    .emit();
        }
        return ExitCode.USAGE;
    }

    /** Refuses what the command line says. */
    public ParameterException usage(String message) {
        return new ParameterException(commandLine(), message);
    }

    /** Tells a person a result: on stdout, which belongs to the script if there is one. */
    public void say(String line) {
        PrintWriter out = json ? commandLine().getErr() : commandLine().getOut();
        out.println(line);
        out.flush();
    }

    /** Tells a person what happens, on stderr. */
    public void note(String line) {
        commandLine().getErr().println(line);
        commandLine().getErr().flush();
    }

    private CommandLine commandLine() {
        return Objects.requireNonNull(command, "picocli sets it").commandLine();
    }

    private static String describe(Throwable failure) {
        if (failure instanceof NoSuchFileException missing) {
            return "no such file: " + missing.getFile();
        }
        boolean written = failure instanceof MillraceException
                || failure instanceof BadDataException
                || failure instanceof InterruptedCommandException;
        return written ? String.valueOf(failure.getMessage()) : failure.toString();
    }
}
