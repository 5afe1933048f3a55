package io.millrace.client;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.millrace.v1.ReadArtifactResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Writes an artifact to a file, goes on with what an earlier attempt left there, and checks its digest. */
final class ArtifactWriter {
    private static final String MISMATCH = "DIGEST_MISMATCH";

    private final ArtifactFile file;
    private final FileChannel channel;
    private final MessageDigest digest;
    private final OutputStream content;
    private long position;

    private ArtifactWriter(ArtifactFile file, FileChannel channel, MessageDigest digest) {
        this.file = file;
        this.channel = channel;
        this.digest = digest;
        this.content = new DigestOutputStream(Channels.newOutputStream(channel), digest);
    }

    static ArtifactWriter open(ArtifactFile file, Path path) throws IOException {
        FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        ArtifactWriter writer = new ArtifactWriter(file, channel, Sha256.digest());
        writer.position = Sha256.update(writer.digest, channel);
        return writer;
    }

    /** Bytes written so far. */
    long position() {
        return position;
    }

    boolean isFull() {
        return position >= file.sizeBytes();
    }

    void append(ReadArtifactResponse chunk) {
        ByteString data = chunk.getData();
        if (chunk.getOffset() != position) {
            throw MillraceException.of(
                    Code.INTERNAL,
                    "the server sent byte %d of artifact %s, but %d is due"
                            .formatted(chunk.getOffset(), file.sha256(), position));
        }
        if (position + data.size() > file.sizeBytes()) {
            throw startAgain("has more than the %d bytes of the manifest".formatted(file.sizeBytes()));
        }
        try {
            data.writeTo(content);
            position += data.size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Checks what was written. */
    void verify() {
        if (position < file.sizeBytes()) {
            throw MillraceException.of(
                    Code.UNAVAILABLE,
                    "artifact %s ended after %d of %d bytes".formatted(file.sha256(), position, file.sizeBytes()));
        }
        String received = HexFormat.of().formatHex(digest.digest());
        if (!received.equals(file.sha256())) {
            throw startAgain("came with the digest " + received);
        }
    }

    void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean isDigestMismatch(Throwable failure) {
        return failure instanceof MillraceException known && known.reason().equals(MISMATCH);
    }

    private MillraceException startAgain(String what) {
        try {
            channel.truncate(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return MillraceException.of(
                Code.DATA_LOSS, MISMATCH, "artifact %s (%s) %s".formatted(file.sha256(), file.name(), what));
    }
}
