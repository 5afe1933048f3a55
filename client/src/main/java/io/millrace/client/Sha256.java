package io.millrace.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of files. */
final class Sha256 {
    private static final int BUFFER_BYTES = 256 << 10;

    private Sha256() {}

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Lower-case hexadecimal. */
    static String of(Path file) throws IOException {
        MessageDigest digest = digest();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            update(digest, channel);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Takes in a channel from where it stands to its end, where it is left; returns the bytes read. */
    static long update(MessageDigest digest, FileChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        long total = 0;
        for (int read = channel.read(buffer); read >= 0; read = channel.read(buffer)) {
            total += read;
            digest.update(buffer.flip());
            buffer.clear();
        }
        return total;
    }
}
