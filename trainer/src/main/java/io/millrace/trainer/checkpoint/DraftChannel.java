package io.millrace.trainer.checkpoint;

import io.millrace.trainer.log.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Writes a file. Failures of the disk are told apart from those of whoever writes to it. */
final class DraftChannel implements WritableByteChannel {
    private final Path file;
    private final FileChannel channel;

    DraftChannel(Path file) {
        this.file = file;
        try {
            this.channel = FileChannel.open(file, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw StorageException.of(file, e);
        }
    }

    @Override
    public int write(ByteBuffer bytes) {
        int count = bytes.remaining();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw StorageException.of(file, e);
        }
        return count;
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
