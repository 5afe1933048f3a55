package io.millrace.server.cli;

import io.millrace.client.cli.AdaptersCommand;
import io.millrace.client.cli.OutputOptions;
import io.millrace.client.cli.PushCommand;
import io.millrace.client.cli.WatchCommand;
import io.millrace.server.bench.BenchCommand;
import io.millrace.server.compare.CompareCommand;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace}: the command line. */
@Command(
        name = "millrace",
        mixinStandardHelpOptions = true,
        version = "millrace 0.1.0",
        synopsisSubcommandLabel = "COMMAND",
        description = "Trains LoRA adapters of a language model while examples stream in, and streams back every"
                + " adapter that is better than the one before.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:success",
            "1:the server refused what was asked",
            "2:wrong usage",
            "65:bad data: a model, an adapter, a data directory or examples",
            "69:the server can't be reached",
            "70:something that should not happen",
            "74:a file can't be read or written",
            "130, 143:stopped by Ctrl-C or SIGTERM, in good order"
        },
        footerHeading = "%nA first walk, in three terminals:%n",
        footer = {
            "  millrace serve --model smollm2-135m-instruct --data data --port 7070",
            "  millrace watch --server 127.0.0.1:7070 --adapter tenants/me/adapters/first --dir adapters",
            "  millrace push --server 127.0.0.1:7070 --adapter tenants/me/adapters/first --create chats.jsonl",
            "",
            "chats.jsonl has one example a line, such as",
            "  {\"messages\": [{\"role\": \"user\", \"content\": \"…\"}, {\"role\": \"assistant\", \"content\": \"…\"}]}",
            "Each revision appears as a PEFT folder below adapters/; adapters/latest is the newest.",
            "",
            "Or see all of it at once: millrace demo.  More on a command: millrace COMMAND --help."
        })
public final class Millrace implements Runnable {
    private static final List<Class<?>> COMMANDS = List.of(
            DemoCommand.class,
            ServeCommand.class,
            AdaptersCommand.class,
            PushCommand.class,
            WatchCommand.class,
            ScoreCommand.class,
            ModelCommand.class,
            BenchCommand.class,
            CompareCommand.class);

    @Spec
    private @Nullable CommandSpec spec;

    public static void main(String[] arguments) {
        // DJL otherwise asks the cloud's metadata address when its engine starts, reports usage, and looks for
        // downloads.
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("ai.djl.offline", "true");
        System.exit(commandLine(arguments).execute(arguments));
    }

    /** With the command that these arguments name, or with all: to reflect on every one takes 0.3 s. */
    public static CommandLine commandLine(String... arguments) {
        CommandLine line = new CommandLine(new Millrace());
        List<Class<?>> named = COMMANDS.stream()
                .filter(command -> arguments.length > 0 && name(command).equals(arguments[0]))
                .toList();
        (named.isEmpty() ? COMMANDS : named).forEach(line::addSubcommand);
        return line.setParameterExceptionHandler(OutputOptions::usageError);
    }

    private static String name(Class<?> command) {
        return command.getAnnotation(Command.class).name();
    }

    @Override
    public void run() {
        throw new ParameterException(Objects.requireNonNull(spec).commandLine(), "Which command?");
    }
}
