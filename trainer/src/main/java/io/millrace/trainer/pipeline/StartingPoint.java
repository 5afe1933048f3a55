package io.millrace.trainer.pipeline;

import io.millrace.trainer.method.AdapterFolder;
import io.millrace.trainer.method.Host;
import io.millrace.trainer.peft.PeftFolder;
import io.millrace.trainer.peft.PeftFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A PEFT folder that an adapter is to start from, as uploaded. */
final class StartingPoint {
    private StartingPoint() {}

    /** @throws IllegalArgumentException naming what is wrong with the folder */
    static AdapterFolder read(Map<String, byte[]> files, Host host) {
        try {
            Path folder = Files.createTempDirectory("millrace-peft");
            try {
                for (String name : List.of(PeftFolder.CONFIG_FILE, PeftFolder.WEIGHTS_FILE)) {
                    byte[] bytes = files.get(name);
                    if (bytes == null) {
                        throw new IllegalArgumentException("start_from has no file %s".formatted(name));
                    }
                    Files.write(folder.resolve(name), bytes);
                }
                return AdapterFolder.read(folder, host);
            } catch (PeftFormatException e) {
                throw new IllegalArgumentException(
                        "start_from: " + String.valueOf(e.getMessage()).replace(folder + "/", ""), e);
            } finally {
                for (String name : List.of(PeftFolder.CONFIG_FILE, PeftFolder.WEIGHTS_FILE)) {
                    Files.deleteIfExists(folder.resolve(name));
                }
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
