package io.millrace.server.bench;

import io.millrace.trainer.model.FloatType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Where figures come from.
 *
 * @param processor as the system names it
 * @param cores that this process may use
 * @param precision of the model's weights
 */
record Machine(String processor, int cores, String precision) {
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    static Machine here(FloatType type) throws IOException {
        return new Machine(
                processorName(),
                Runtime.getRuntime().availableProcessors(),
                type.toString().toLowerCase(Locale.ROOT));
    }

    private static String processorName() throws IOException {
        if (!Files.isReadable(CPU_INFO)) {
            return System.getProperty("os.arch");
        }
        try (Stream<String> lines = Files.lines(CPU_INFO)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        }
    }
}
