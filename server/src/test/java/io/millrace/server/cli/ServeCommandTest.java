package io.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.client.cli.ExitCode;
import io.millrace.server.CommandRun;
import io.millrace.server.TinyTrainer;
import io.millrace.server.command.ServerProcess;
import io.millrace.trainer.log.BoundBase;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.model.ModelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
    private static final String ADAPTER = "tenants/t/adapters/a";
    private static final String MODEL =
            TinyTrainer.reference().resolve("tiny-llama").toString();

    @TempDir
    private Path directory;

    @Test
    void fault37_sigterm_stopsAServerWithLiveStreams_andTheNextOneGoesOn() throws Exception {
        Path data = directory.resolve("data");
        Path examples = directory.resolve("examples.jsonl");
        Files.write(examples, lines(0, 100));
        try (ServerProcess server =
                ServerProcess.start(Millrace.class, List.of("--model", MODEL), data, directory.resolve("first.log"))) {
            CommandRun pushed = push(server.address(), examples, "--create");
            assertThat(pushed.status()).isEqualTo(ExitCode.OK);
            assertThat(pushed.lastEvent().path("acknowledged").asLong()).isEqualTo(100);
        }
        assertThat(Files.readString(directory.resolve("first.log"))).contains("everything is committed");

        Files.write(examples, lines(0, 150));
        try (ServerProcess server =
                ServerProcess.start(Millrace.class, List.of("--model", MODEL), data, directory.resolve("second.log"))) {
            CommandRun pushed = push(server.address(), examples, "--wait-trained");

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
        try (DataDirectory held = DataDirectory.open(data, BoundBase.dense("sha256:any"))) {
            CommandRun result = serve(held.path());

            assertThat(result.status()).isEqualTo(ExitCode.BAD_DATA);
            assertThat(result.lastEvent().path("reason").asText())
                    .contains(data.toString())
                    .contains("in use");
        }
    }

    @Test
    void fault42_dataDirectoryOfAnotherModel_isRefusedReadably() {
        Path data = directory.resolve("data");
        DataDirectory.open(data, BoundBase.dense("sha256:another")).close();

        CommandRun result = serve(data);

        assertThat(result.status()).isEqualTo(ExitCode.BAD_DATA);
        assertThat(result.lastEvent().path("reason").asText()).contains("sha256:another");
    }

    @Test
    void dataDirectoryOfTheBaseHeldOtherwise_isRefusedReadably() {
        Path data = directory.resolve("data");
        String digest;
        try (ModelFiles files = ModelFiles.open(Path.of(MODEL))) {
            digest = files.digest();
        }
        DataDirectory.open(data, new BoundBase(digest, "nf4")).close();

        CommandRun result = serve(data);

        assertThat(result.status()).isEqualTo(ExitCode.BAD_DATA);
        assertThat(result.lastEvent().path("reason").asText()).contains("base is dense", "give --base nf4");
    }

    @Test
    void modelWithADamagedTokenizer_isBadData() throws IOException {
        Path model = Files.createDirectory(directory.resolve("model"));
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(Path.of(MODEL, file), model.resolve(file));
        }
        Files.writeString(model.resolve("tokenizer.json"), "{\"model\": 7}");

        CommandRun result = CommandRun.of(List.of(
                "serve",
                "--json",
                "--model",
                model.toString(),
                "--data",
                directory.resolve("data").toString(),
                "--port",
                "0"));

        assertThat(result.status()).isEqualTo(ExitCode.BAD_DATA);
        assertThat(result.lastEvent().path("reason").asText()).contains("tokenizer.json", "is not a tokenizer");
    }

    @Test
    void portBeyondTheRange_isWrongUsage() {
        CommandRun result =
                CommandRun.of(List.of("serve", "--json", "--model", MODEL, "--data", "unused", "--port", "65536"));

        assertThat(result.status()).isEqualTo(ExitCode.USAGE);
        assertThat(result.lastEvent().path("reason").asText()).contains("65536");
    }

    private static CommandRun serve(Path data) {
        return CommandRun.of(List.of("serve", "--json", "--model", MODEL, "--data", data.toString(), "--port", "0"));
    }

    private static CommandRun push(String address, Path examples, String option) {
        return CommandRun.of(List.of(
                "push",
                "--json",
                "--server",
                address,
                "--adapter",
                ADAPTER,
                "--stream",
                "s",
                option,
                examples.toString()));
    }

    private static List<String> lines(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj("{\"prompt\": \"What is %1$d?\", \"completion\": \" It is %1$d.\"}"::formatted)
                .toList();
    }
}
