package io.millrace.trainer.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of any size, mapped read-only.
 *
 * <p>One mapping reaches at most 2 GiB, so there is a window of that length every 1 GiB: up to 1 GiB from any offset lies in a
 * single window. The mappings go when this object is collected; Java 17 has no public way to end them earlier, and it needs none:
 * their pages belong to the operating system's cache.
 */
final class MappedFile {
    private static final long STRIDE = 1L << 30;

    private final Path path;
    private final long size;
    private final List<ByteBuffer> windows;

    private MappedFile(Path path, long size, List<ByteBuffer> windows) {
        this.path = path;
        this.size = size;
        this.windows = windows;
    }

    static MappedFile open(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new ModelFormatException(path, Files.exists(path) ? "is not a file" : "there is no such file");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            List<ByteBuffer> windows = new ArrayList<>();
            for (long start = 0; windows.isEmpty() || start < size; start += STRIDE) {
                long length = Math.min(size - start, Integer.MAX_VALUE);
                windows.add(channel.map(FileChannel.MapMode.READ_ONLY, start, length));
            }
            return new MappedFile(path, size, List.copyOf(windows));
        } catch (IOException e) {
            throw new ModelFormatException(path, "can't be read: " + e);
        }
    }

    Path path() {
        return path;
    }

    /** In bytes. */
    long size() {
        return size;
    }

    /** A view of at most 1 GiB; it has to lie within the file. */
    ByteBuffer slice(long offset, int length) {
        return windows.get((int) (offset / STRIDE)).slice((int) (offset % STRIDE), length);
    }

    /** Copies at most 1 GiB to the array's start; it has to lie within the file. */
    void copy(long offset, byte[] into, int length) {
        windows.get((int) (offset / STRIDE)).get((int) (offset % STRIDE), into, 0, length);
    }
}
