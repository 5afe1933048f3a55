package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EngineExitTest {
    private static final int ENDED_BY_SIGTERM = 128 + 15;

    @Test
    void processAskedToEndInMidOperation_completesItAndEnds() throws Exception {
        Process process = start();
        try (BufferedReader said = process.inputReader()) {
            assertThat(said.readLine()).isEqualTo("begun");
            process.toHandle().destroy(); // the process's own method would close its streams
            assertThat(said.readLine()).isEqualTo("asked to end");
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
            assertThat(said.readLine()).isEqualTo("completed");
            assertThat(said.readLine()).isNull();
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).isEqualTo(ENDED_BY_SIGTERM);
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        LongOperation.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
