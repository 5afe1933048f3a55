package io.millrace.server.command;

import io.millrace.client.cli.BadDataException;
import io.millrace.client.jsonl.ExampleLines;
import io.millrace.client.jsonl.ParsedLine;
import io.millrace.trainer.example.Example;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
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

    /** Equal for files that hold the same, wherever their folder lies. */
    public static String digest(Path folder, List<String> files) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String file : files) {
                digest.update(Files.readAllBytes(folder.resolve(file)));
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The folder of Millrace's own examples. */
    public static Path supportDesk() {
        return Path.of(System.getProperty("millrace.home", "."), "examples", "support-desk");
    }
}
