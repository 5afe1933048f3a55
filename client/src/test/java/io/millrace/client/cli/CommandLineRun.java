package io.millrace.client.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import picocli.CommandLine;

/** What a command said and how it ended. */
record CommandLineRun(int status, String out, String err) {
    static CommandLineRun of(Object command, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = new CommandLine(command)
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .setParameterExceptionHandler(OutputOptions::usageError)
                .execute(arguments);
        return new CommandLineRun(status, out.toString(), err.toString());
    }

    /** All that stdout carries, which must be JSON objects. */
    List<JsonNode> events() {
        return out.lines().map(CommandLineRun::parse).toList();
    }

    List<JsonNode> events(String name) {
        return events().stream()
                .filter(event -> event.path("event").asText().equals(name))
                .toList();
    }

    JsonNode last() {
        List<JsonNode> events = events();
        return events.get(events.size() - 1);
    }

    private static JsonNode parse(String line) {
        try {
            return new JsonMapper().readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON on stdout: " + line, e);
        }
    }
}
