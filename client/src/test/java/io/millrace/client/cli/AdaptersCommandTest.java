package io.millrace.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.FakeAdapters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdaptersCommandTest {
    private static final String NAME = "tenants/t/adapters/a";

    private final FakeAdapters service = new FakeAdapters();
    private final LoopbackServer server = new LoopbackServer(service);

    @AfterEach
    void stop() {
        server.close();
    }

    private CommandLineRun adapters(String command, String... arguments) {
        List<String> all = new ArrayList<>(List.of(command, "--server", server.address(), "--json"));
        all.addAll(List.of(arguments));
        return CommandLineRun.of(new AdaptersCommand(), all.toArray(String[]::new));
    }

    @Test
    void create_takesConfigAndWeights(@TempDir Path folder) throws IOException {
        Path config = Files.writeString(folder.resolve("config.json"), "{\"rank\": 4}");
        Files.writeString(folder.resolve("adapter_config.json"), "{}");
        Files.writeString(folder.resolve("adapter_model.safetensors"), "weights");

        CommandLineRun run = adapters("create", NAME, "--config", config.toString(), "--from", folder.toString());

        assertThat(run.status()).isZero();
        assertThat(run.last().path("event").asText()).isEqualTo("finished");
        assertThat(run.last().path("name").asText()).isEqualTo(NAME);
        assertThat(run.last().path("state").asText()).isEqualTo("active");
        assertThat(run.last().path("revision").isNull()).isTrue();
        assertThat(run.last().path("config_json").asText()).isEqualTo("{\"rank\": 4}");
        assertThat(service.creations.get(0).getStartFromCount()).isEqualTo(2);
    }

    @Test
    void update_replacesTheConfig_andTellsWhatTrainingIsAt(@TempDir Path folder) throws IOException {
        Path config = Files.writeString(folder.resolve("config.json"), "{\"rank\": 4}");
        adapters("create", NAME);

        CommandLineRun run = adapters("update", NAME, "--config", config.toString());

        assertThat(run.status()).isZero();
        assertThat(run.last().path("config_json").asText()).isEqualTo("{\"rank\": 4}");
        assertThat(run.last().path("activity").asText()).isEqualTo("searching");
        assertThat(adapters("update", NAME).status()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void existingAdapter_isRefused() {
        adapters("create", NAME);

        CommandLineRun run = adapters("create", NAME);

        assertThat(run.status()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.last().path("reason").asText()).startsWith("ALREADY_EXISTS");
    }

    @Test
    void lifeOfAnAdapter_isToldStepByStep() {
        adapters("create", NAME);
        adapters("create", NAME + "2");

        assertThat(adapters("list").events("adapter")).hasSize(2);
        assertThat(adapters("list").last().path("adapters").asLong()).isEqualTo(2);
        assertThat(adapters("get", NAME).last().path("state").asText()).isEqualTo("active");
        assertThat(adapters("pause", NAME, "--reason", "audit")
                        .last()
                        .path("state_reason")
                        .asText())
                .isEqualTo("audit");
        assertThat(adapters("resume", NAME).last().path("state").asText()).isEqualTo("active");
        assertThat(adapters("rollback", NAME, "3").last().path("revision").asLong())
                .isEqualTo(103);
        assertThat(adapters("delete", NAME).last().toString())
                .isEqualTo("{\"event\":\"finished\",\"name\":\"" + NAME + "\"}");
        assertThat(service.adapters).containsOnlyKeys(NAME + "2");
    }

    @Test
    void withoutJson_aPersonReadsALineEach() {
        adapters("create", NAME);

        CommandLineRun run = CommandLineRun.of(new AdaptersCommand(), "list", "--server", server.address());

        assertThat(run.out()).isEqualToIgnoringNewLines(NAME + "  active  no revision yet  0 steps");
    }

    @Test
    void badAddress_isWrongUsage() {
        CommandLineRun run = CommandLineRun.of(new AdaptersCommand(), "list", "--server", "here");

        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("--server: address is \"here\"");
    }
}
