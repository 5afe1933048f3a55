package io.millrace.server.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Physical memory of a process, as Linux counts it; elsewhere unknown. */
public final class ProcessMemory {
    private final Path status;

    private ProcessMemory(Path status) {
        this.status = status;
    }

    public static ProcessMemory of(long pid) {
        return new ProcessMemory(Path.of("/proc", Long.toString(pid), "status"));
    }

    /** The most that it held so far, bytes. */
    public OptionalLong peak() throws IOException {
        return bytes("VmHWM:");
    }

    /** What it holds now, bytes. */
    public OptionalLong resident() throws IOException {
        return bytes("VmRSS:");
    }

    private OptionalLong bytes(String field) throws IOException {
        if (Files.notExists(status)) {
            return OptionalLong.empty();
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst();
    }
}
