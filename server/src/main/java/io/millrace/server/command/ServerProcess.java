package io.millrace.server.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@code millrace serve} in a process of its own, on a free port, stopped when it is closed. */
public final class ServerProcess implements AutoCloseable {
    private static final long STOPPING_SECONDS = 60;
    private static final JsonMapper JSON = new JsonMapper();

    private final Process process;
    private final String address;
    private final long startedAt;

    private ServerProcess(Process process, String address, long startedAt) {
        this.process = process;
        this.address = address;
        this.startedAt = startedAt;
    }

    /**
     * Starts it and waits until it takes calls.
     *
     * @param program the class with {@code main}
     * @param model options that name the model
     * @param log where its stderr goes
     * @throws IOException if it ends before it is ready; the message names the log
     */
    public static ServerProcess start(Class<?> program, List<String> model, Path data, Path log) throws IOException {
        long startedAt = System.nanoTime();
        Process process = SameProgram.with(program, arguments(model, data))
                .redirectError(log.toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        BufferedReader events = process.inputReader(StandardCharsets.UTF_8);
        for (String line = events.readLine(); line != null; line = events.readLine()) {
            JsonNode event = JSON.readTree(line);
            if (event.path("event").asText().equals("ready")) {
                return new ServerProcess(process, event.path("grpc").asText(), startedAt);
            }
        }
        throw new IOException("the server did not start; see " + log);
    }

    private static List<String> arguments(List<String> model, Path data) {
        List<String> arguments = new ArrayList<>(List.of("serve", "--json", "--data", data.toString(), "--port", "0"));
        arguments.addAll(model);
        return arguments;
    }

    /** Such as 127.0.0.1:7070. */
    public String address() {
        return address;
    }

    public long pid() {
        return process.pid();
    }

    public ProcessMemory memory() {
        return ProcessMemory.of(process.pid());
    }

    /** When it was started, as {@link System#nanoTime} tells. */
    public long startedAt() {
        return startedAt;
    }

    /** Lets it finish its step and commit, and waits for its end. */
    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(STOPPING_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("the server did not stop within %d s; it was killed".formatted(STOPPING_SECONDS));
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
