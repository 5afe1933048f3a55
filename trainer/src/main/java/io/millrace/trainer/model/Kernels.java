package io.millrace.trainer.model;

import ai.djl.Device;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Millrace's own kernels for what a training step computes between its products ({@code src/main/c}). The build compiles them for the
 * machine that it runs on, if it finds a C compiler. With the system property {@code millrace.kernels=false} the engine's operations do the
 * same, as on a GPU: to compare, or should the kernels be at fault for something.
 */
final class Kernels {
    private static final Logger LOG = LoggerFactory.getLogger(Kernels.class);

    private static final String LIBRARY =
            "kernels-%s-%s.so".formatted(System.getProperty("os.name"), System.getProperty("os.arch"));

    private Kernels() {}

    /** Whether the program can call them on this device. */
    static boolean areFor(Device device) {
        return !device.isGpu() && !"false".equals(System.getProperty("millrace.kernels")) && Loaded.YES;
    }

    /** Loads them once, when they are first asked for. */
    private static final class Loaded {
        static final boolean YES = load();

        private Loaded() {}

        private static boolean load() {
            PyTorch.engine();
            try (InputStream library = Kernels.class.getResourceAsStream(LIBRARY)) {
                if (library == null) {
                    LOG.info(
                            "training goes without kernels of its own, and takes about 1.2 times as long: {} isn't in the build, which makes it on Linux where it finds gcc",
                            LIBRARY);
                    return false;
                }
                Path file = Files.createTempFile("millrace-", ".so");
                try {
                    Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
                    System.load(file.toString());
                } finally {
                    Files.delete(file);
                }
                return true;
            } catch (UnsatisfiedLinkError e) {
                LOG.warn("{} doesn't load; training goes on without it and takes about 1.2 times as long", LIBRARY, e);
                return false;
            } catch (IOException e) {
                throw new UncheckedIOException("can't unpack " + LIBRARY + " into the folder for temporary files", e);
            }
        }
    }
}
