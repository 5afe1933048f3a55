package io.millrace.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.server.cli.Millrace;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;

/** What a command of {@code millrace} said with {@code --json}, and how it ended. */
public record CommandRun(int status, List<JsonNode> events, String stderr) {
    /** Runs it in this process. */
    public static CommandRun of(List<String> arguments, String... more) {
        String[] all = Stream.concat(arguments.stream(), Stream.of(more)).toArray(String[]::new);
        CommandLine line = Millrace.commandLine(all);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        int status = line.execute(all);
        return new CommandRun(
                status, out.toString().lines().map(CommandRun::parse).toList(), err.toString());
    }

    public JsonNode lastEvent() {
        return events.get(events.size() - 1);
    }

    private static JsonNode parse(String line) {
        try {
            return new JsonMapper().readTree(line);
        } catch (IOException e) {
            throw new AssertionError("stdout has a line that is no JSON: " + line, e);
        }
    }
}
