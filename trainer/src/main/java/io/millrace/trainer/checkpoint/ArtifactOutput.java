package io.millrace.trainer.checkpoint;

import io.millrace.trainer.log.StorageException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Writes a file and hashes what it writes. Failures of the disk are told apart from those of whoever writes to it. */
final class ArtifactOutput extends OutputStream {
    private final Path file;
    private final FileChannel channel;
    private final MessageDigest digest = ArtifactFiles.sha256();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
    private long size;

    ArtifactOutput(Path file) throws IOException {
        this.file = file;
        this.channel = FileChannel.open(file, StandardOpenOption.WRITE);
    }

    @Override
    public void write(int value) {
        if (!buffer.hasRemaining()) {
            drain();
        }
        buffer.put((byte) value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        int from = offset;
        int end = offset + length;
        while (from < end) {
            if (!buffer.hasRemaining()) {
                drain();
            }
            int count = Math.min(end - from, buffer.remaining());
            buffer.put(bytes, from, count);
            from += count;
        }
    }

    private void drain() {
        digest.update(buffer.flip());
        size += buffer.limit();
        buffer.rewind();
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            throw StorageException.of(file, e);
        }
        buffer.clear();
    }

    /**
     * Makes the file durable.
     *
     * @throws StorageException if the disk is full or has failed
     */
    Artifact finish() {
        drain();
        try {
            channel.force(true);
        } catch (IOException e) {
            throw StorageException.of(file, e);
        }
        return new Artifact(HexFormat.of().formatHex(digest.digest()), size);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
