package io.millrace.server.scenario;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.server.cli.Millrace;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@code millrace} command in a process of its own, which can be killed. What it prints is read as events. */
final class CommandProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 120;
    private static final JsonMapper JSON = new JsonMapper();

    private final Process process;
    private final BufferedReader stdout;
    private final Path log;

    private CommandProcess(Process process, Path log) {
        this.process = process;
        this.stdout = process.inputReader(StandardCharsets.UTF_8);
        this.log = log;
    }

    /** @param log where its stderr goes */
    static CommandProcess start(Path log, String... arguments) throws IOException {
        return start(Millrace.class, log, arguments);
    }

    /** @param main runs the command line in its own way */
    static CommandProcess start(Class<?> main, Path log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-Dlogback.configurationFile=logback.xml", // the product's, not the tests'
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("GOMP_SPINCOUNT", "1000");
        Process process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return new CommandProcess(process, log);
    }

    /** Reads until this event. */
    JsonNode await(String event) throws IOException {
        for (JsonNode next = next(); !next.isMissingNode(); next = next()) {
            if (next.path("event").asText().equals(event)) {
                return next;
            }
        }
        throw new IOException("it ended without the event %s; see %s".formatted(event, log));
    }

    /** Reads to its end. */
    JsonNode lastEvent() throws IOException {
        JsonNode last = next();
        for (JsonNode next = last; !next.isMissingNode(); next = next()) {
            last = next;
        }
        return last;
    }

    private JsonNode next() throws IOException {
        String line = stdout.readLine();
        return JSON.readTree(line == null ? "" : line);
    }

    /** As {@code kill -9} does. */
    void kill() {
        process.toHandle().destroyForcibly(); // the process's own method would close what it has printed
    }

    /** Asks it to stop, as {@code kill} does. */
    void terminate() {
        process.toHandle().destroy();
    }

    /** Waits for its end. */
    int exitStatus() throws IOException, InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("it runs after %d s; see %s".formatted(PATIENCE_SECONDS, log));
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
