package io.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

class MillraceTest {
    @Test
    void helpOfEveryCommand_isAFormatWithoutArguments() {
        for (CommandLine command : commands(Millrace.commandLine())) {
            UsageMessageSpec usage = command.getCommandSpec().usageMessage();
            Stream<String> ofArguments = command.getCommandSpec().args().stream()
                    .map(ArgSpec::description)
                    .flatMap(Stream::of);
            Stream<String> ofCommand = Stream.of(usage.header(), usage.description(), usage.footer())
                    .flatMap(Stream::of);
            Stream.concat(ofCommand, ofArguments)
                    .forEach(text -> assertThatCode(() -> text.formatted())
                            .as("%s: %s", command.getCommandSpec().qualifiedName(), text)
                            .doesNotThrowAnyException());
        }
    }

    private static List<CommandLine> commands(CommandLine command) {
        List<CommandLine> all = new ArrayList<>(List.of(command));
        command.getSubcommands().values().forEach(own -> all.addAll(commands(own)));
        return all;
    }
}
