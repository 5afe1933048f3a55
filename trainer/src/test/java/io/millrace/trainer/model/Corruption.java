package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;

/** Damages a file in many ways, and holds a reader to it: it opens or is refused with a reason, and nothing else. */
final class Corruption {
    private static final int[] AWKWARD_BYTES = {0x00, 0x01, 0x7f, 0x80, 0xff, '"', '-', '9', '{', ']'};

    private Corruption() {}

    /** Cuts the file at each of its first {@code header} bytes, then at some further ones; every cut has to be refused. */
    static void truncations(Path file, int header, Path scratch, Consumer<Path> open) throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length += length < header ? 23 : Math.max(1, whole.length / 50)) {
            Files.write(scratch, Arrays.copyOf(whole, length));
            if (opens(scratch, open)) {
                fail("a file cut to %d of %d bytes was opened", length, whole.length);
            }
        }
    }

    /** Overwrites one byte, or a run of eight, among the first {@code header} bytes, {@code times} times. */
    static void overwrites(Path file, int header, int times, Path scratch, Consumer<Path> open) throws IOException {
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(43);
        for (int i = 0; i < times; i++) {
            byte[] damaged = whole.clone();
            int at = random.nextInt(header);
            int length = random.nextBoolean() ? 1 : Math.min(8, header - at);
            Arrays.fill(damaged, at, at + length, (byte) AWKWARD_BYTES[random.nextInt(AWKWARD_BYTES.length)]);
            Files.write(scratch, damaged);
            opens(scratch, open);
        }
    }

    private static boolean opens(Path file, Consumer<Path> open) {
        try {
            open.accept(file);
            return true;
        } catch (ModelFormatException e) {
            if (!String.valueOf(e.getMessage()).contains(String.valueOf(file.getParent()))) {
                fail("the message does not say where: " + e.getMessage(), e);
            }
            return false;
        }
    }
}
