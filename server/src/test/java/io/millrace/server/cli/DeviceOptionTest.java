package io.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.cli.ExitCode;
import io.millrace.server.CommandRun;
import io.millrace.server.TinyTrainer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceOptionTest {
    @TempDir
    private Path data;

    @Test
    void deviceThatIsNone_isRefusedWithWhatItMayBe() {
        CommandRun run = serveOn("gpu");
        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.lastEvent().path("reason").textValue())
                .isEqualTo("--device is gpu; it must be auto, cpu, cuda or cuda:N");
    }

    @Test
    void gpuThatTheEngineDoesNotSee_isRefusedWithWhatToDo() {
        CommandRun run = serveOn("cuda:99");
        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.lastEvent().path("reason").textValue())
                .startsWith("--device is cuda:99, but the engine sees")
                .contains(": take c");
    }

    private CommandRun serveOn(String device) {
        return CommandRun.of(
                List.of("serve", "--json", "--port", "0", "--device", device),
                "--model",
                TinyTrainer.reference().resolve("tiny-llama").toString(),
                "--data",
                data.resolve("data").toString());
    }
}
