package io.millrace.server.compare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.server.command.SameProgram;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Measures a method in a process of its own, so that memory is the method's alone.
 *
 * @param main the class with {@code main}
 * @param model options that name the model
 * @param log where the process's stderr goes
 */
record MethodProcess(Class<?> main, List<String> model, Task task, Path log) {
    private static final JsonMapper JSON = new JsonMapper();

    /**
     * @param progress told what the process says on the way
     * @throws IOException if it ended without a result; the message says why, or names the log
     */
    Measured measure(String method, Consumer<String> progress) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("compare", "measure", "--json", method));
        arguments.addAll(List.of("--examples", task.folder().toString(), "--tokens", Long.toString(task.tokens())));
        arguments.addAll(model);
        Process process = SameProgram.with(main, arguments)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                JsonNode event = JSON.readTree(line);
                switch (event.path("event").asText()) {
                    case "progress" -> progress.accept(event.path("said").asText());
                    case "finished" -> {
                        return Results.parse(event.path("measured").asText());
                    }
                    default ->
                        throw new IOException("%s was not measured: %s"
                                .formatted(method, event.path("reason").asText()));
                }
            }
            throw new IOException("%s was not measured; see %s".formatted(method, log));
        } finally {
            process.destroy();
        }
    }
}
