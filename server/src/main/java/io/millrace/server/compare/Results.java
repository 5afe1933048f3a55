package io.millrace.server.compare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.client.cli.BadDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The file that keeps what was measured, a JSON object a line, so that a comparison that was interrupted goes on. */
final class Results {
    private static final JsonMapper JSON = new JsonMapper();

    private final Path file;
    private final List<Measured> all;

    private Results(Path file, List<Measured> all) {
        this.file = file;
        this.all = all;
    }

    /** @throws BadDataException if a line is none of a comparison */
    static Results open(Path file) throws IOException {
        List<Measured> all = new ArrayList<>();
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        for (int i = 0; i < lines.size(); i++) {
            all.add(parse(lines.get(i), "%s line %d".formatted(file, i + 1)));
        }
        return new Results(file, all);
    }

    private static Measured parse(String line, String where) {
        try {
            return JSON.readValue(line, Measured.class);
        } catch (JsonProcessingException e) {
            throw new BadDataException(
                    "%s is no result of a comparison (%s); remove it".formatted(where, e.getOriginalMessage()));
        }
    }

    static Measured parse(String line) throws IOException {
        return JSON.readValue(line, Measured.class);
    }

    static String print(Measured measured) throws IOException {
        return JSON.writeValueAsString(measured);
    }

    /** The newest one of its kind. */
    Optional<Measured> find(String method, String task, String model) {
        return all.stream().filter(one -> one.answers(method, task, model)).reduce((older, newer) -> newer);
    }

    void add(Measured measured) throws IOException {
        Files.writeString(file, print(measured) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        all.add(measured);
    }
}
