package io.millrace.trainer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A Python that has torch, transformers and PEFT, installed with pip into the user's cache the first time, which takes a minute or
 * two and some 5 GB, since torch comes with its GPU libraries. {@code -Dmillrace.python=PROGRAM} names one that has them already.
 */
public final class PythonWithPeft {
    private static final List<String> PACKAGES = List.of("torch==2.15.0", "transformers==5.24.0", "peft==0.21.2");
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Path program;

    /** What a command did. */
    public record Run(int status, String output) {}

    private PythonWithPeft(Path program) {
        this.program = program;
    }

    /** Aborts the test, and says why, if it isn't there and can't be installed. */
    public static PythonWithPeft orAbort() throws IOException, InterruptedException {
        String given = System.getProperty("millrace.python");
        if (given != null) {
            return new PythonWithPeft(Path.of(given));
        }
        Path folder = Path.of(System.getProperty("user.home"), ".cache", "millrace", "peft-" + version());
        PythonWithPeft python = new PythonWithPeft(folder.resolve("bin").resolve("python"));
        if (!python.hasAll()) {
            python.install(folder);
        }
        return python;
    }

    private static String version() {
        return Integer.toHexString(PACKAGES.hashCode());
    }

    private boolean hasAll() throws IOException, InterruptedException {
        return Files.exists(program)
                && start(List.of(program.toString(), "-c", "import torch, transformers, peft"))
                                .status()
                        == 0;
    }

    /** With uv, which fetches side by side: pip alone takes several times as long. */
    private void install(Path folder) throws IOException, InterruptedException {
        List<String> packages = new ArrayList<>(List.of(
                folder.resolve("bin").resolve("uv").toString(),
                "pip",
                "install",
                "--no-cache",
                "--python",
                program.toString()));
        packages.addAll(PACKAGES);
        System.err.println("Installing " + String.join(" ", PACKAGES) + " into " + folder + " …");
        for (List<String> command : List.of(
                List.of("python3", "-m", "venv", "--clear", folder.toString()),
                List.of(program.toString(), "-m", "pip", "install", "-q", "uv"),
                packages)) {
            Run run = start(command);
            if (run.status() != 0) {
                abort(String.join(" ", command) + " failed: " + run.output());
            }
        }
    }

    private static void abort(String reason) {
        String message = "PEFT can't be installed, so what Millrace writes was NOT checked by it: " + reason;
        System.err.println(message);
        Assumptions.abort(message);
    }

    /** Runs a script. */
    public Run run(Path script, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString(), script.toString()));
        command.addAll(List.of(arguments));
        return start(command);
    }

    private static Run start(List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("python", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            boolean ended = process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            String said = Files.readString(output, StandardCharsets.UTF_8);
            return ended ? new Run(process.exitValue(), said) : new Run(-1, "no end within " + PATIENCE + "; " + said);
        } catch (IOException e) {
            return new Run(-1, e.toString());
        } finally {
            Files.delete(output);
        }
    }
}
