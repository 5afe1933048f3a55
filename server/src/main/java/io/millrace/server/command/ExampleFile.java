package io.millrace.server.command;

import io.millrace.client.cli.BadDataException;
import io.millrace.client.jsonl.ExampleLines;
import io.millrace.client.jsonl.ParsedLine;
import io.millrace.trainer.example.Example;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Examples in a JSONL file, read whole. */
public final class ExampleFile {
    private ExampleFile() {}

    /** @throws BadDataException if a line holds no example, or there is none */
    public static List<Example> read(Path file) {
        List<Example> examples = new ArrayList<>();
        for (ParsedLine line :
                ExampleLines.read(() -> Files.newInputStream(file)).toIterable()) {
            if (!(line instanceof ParsedLine.Valid valid)) {
                throw new BadDataException(file + ": " + line);
            }
            examples.add(ExampleConversion.convert(valid.example()));
        }
        if (examples.isEmpty()) {
            throw new BadDataException(file + " has no example");
        }
        return examples;
    }

    /** The folder of Millrace's own examples. */
    public static Path supportDesk() {
        return Path.of(System.getProperty("millrace.home", "."), "examples", "support-desk");
    }
}
