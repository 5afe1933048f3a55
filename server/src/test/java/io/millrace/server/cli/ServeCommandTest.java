package io.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.client.cli.ExitCode;
import io.millrace.server.TinyTrainer;
import io.millrace.trainer.log.DataDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ServeCommandTest {
    private static final String ADAPTER = "tenants/t/adapters/a";
    private static final String MODEL =
            TinyTrainer.reference().resolve("tiny-llama").toString();

    @TempDir
    private Path directory;

    /** What a command came to. */
    private record Result(int status, JsonNode lastEvent) {
        String reason() {
            return lastEvent.path("reason").asText();
        }
    }

    @Test
    void fault37_sigterm_stopsAServerWithLiveStreams_andTheNextOneGoesOn() throws Exception {
        Path data = directory.resolve("data");
        Path examples = directory.resolve("examples.jsonl");
        Files.write(examples, lines(0, 100));
        try (ServerProcess server = ServerProcess.start(MODEL, data, directory.resolve("first.log"))) {
            Result pushed = push(server.address(), examples, "--create");
            assertThat(pushed.status()).isEqualTo(ExitCode.OK);
            assertThat(pushed.lastEvent().path("acknowledged").asLong()).isEqualTo(100);
        }
        assertThat(Files.readString(directory.resolve("first.log"))).contains("everything is committed");

        Files.write(examples, lines(0, 150));
        try (ServerProcess server = ServerProcess.start(MODEL, data, directory.resolve("second.log"))) {
            Result pushed = push(server.address(), examples, "--wait-trained");

            assertThat(pushed.status()).isEqualTo(ExitCode.OK);
            JsonNode finished = pushed.lastEvent();
            assertThat(finished.path("trained_through").asLong()).isEqualTo(150);
            assertThat(finished.path("trained").asLong()
                            + finished.path("held_out").asLong()
                            + finished.path("quarantined").asLong()
                            + finished.path("dropped").asLong())
                    .isEqualTo(150);
        }
    }

    @Test
    void fault39_dataDirectoryInUse_isRefusedReadably() {
        Path data = directory.resolve("data");
        try (DataDirectory held = DataDirectory.open(data, "sha256:any")) {
            Result result = serve(held.path());

            assertThat(result.status()).isEqualTo(ExitCode.BAD_DATA);
            assertThat(result.reason()).contains(data.toString()).contains("in use");
        }
    }

    @Test
    void fault42_dataDirectoryOfAnotherModel_isRefusedReadably() {
        Path data = directory.resolve("data");
        DataDirectory.open(data, "sha256:another").close();

        Result result = serve(data);

        assertThat(result.status()).isEqualTo(ExitCode.BAD_DATA);
        assertThat(result.reason()).contains("sha256:another");
    }

    @Test
    void portBeyondTheRange_isWrongUsage() {
        Result result = run("serve", "--json", "--model", MODEL, "--data", "unused", "--port", "65536");

        assertThat(result.status()).isEqualTo(ExitCode.USAGE);
        assertThat(result.reason()).contains("65536");
    }

    private static Result serve(Path data) {
        return run("serve", "--json", "--model", MODEL, "--data", data.toString(), "--port", "0");
    }

    private static Result push(String address, Path examples, String option) {
        return run(
                "push",
                "--json",
                "--server",
                address,
                "--adapter",
                ADAPTER,
                "--stream",
                "s",
                option,
                examples.toString());
    }

    private static Result run(String... arguments) {
        CommandLine line = Millrace.commandLine();
        StringWriter out = new StringWriter();
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(new StringWriter()));
        int status = line.execute(arguments);
        List<String> events = out.toString().lines().toList();
        try {
            return new Result(status, new JsonMapper().readTree(events.get(events.size() - 1)));
        } catch (IOException e) {
            throw new IllegalStateException("stdout has a line that is no JSON: " + out, e);
        }
    }

    private static List<String> lines(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj("{\"prompt\": \"What is %1$d?\", \"completion\": \" It is %1$d.\"}"::formatted)
                .toList();
    }
}
