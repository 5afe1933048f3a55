package io.millrace.client;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.millrace.v1.ReadArtifactResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Writes an artifact to a file, goes on with what an earlier attempt left there, and checks its digest. Chunks are accepted and
 * written in order, each first accepted, which may be on a thread of its own.
 */
final class ArtifactWriter {
    private static final String MISMATCH = "DIGEST_MISMATCH";

    private final ArtifactFile file;
    private final Path path;
    private final FileChannel channel;
    private final DigestOutputStream digested;
    private long position;

    private ArtifactWriter(ArtifactFile file, Path path, FileChannel channel, MessageDigest digest) {
        this.file = file;
        this.path = path;
        this.channel = channel;
        this.digested = new DigestOutputStream(OutputStream.nullOutputStream(), digest);
    }

    static ArtifactWriter open(ArtifactFile file, Path path) throws IOException {
        FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        MessageDigest digest = Sha256.digest();
        ArtifactWriter writer = new ArtifactWriter(file, path, channel, digest);
        writer.position = Sha256.update(digest, channel);
        return writer;
    }

    /** Bytes accepted so far. */
    long position() {
        return position;
    }

    boolean isFull() {
        return position >= file.sizeBytes();
    }

    /** Takes the chunk into the digest; one that isn't due, or goes beyond the file's end, is refused. */
    void accept(ReadArtifactResponse chunk) {
        ByteString data = chunk.getData();
        if (chunk.getOffset() != position) {
            throw MillraceException.of(
                    Code.INTERNAL,
                    "the server sent byte %d of artifact %s, but %d is due"
                            .formatted(chunk.getOffset(), file.sha256(), position));
        }
        if (position + data.size() > file.sizeBytes()) {
            throw mismatch("has more than the %d bytes of the manifest".formatted(file.sizeBytes()));
        }
        put(data, digested);
        position += data.size();
    }

    void write(ReadArtifactResponse chunk) {
        put(chunk.getData(), Channels.newOutputStream(channel));
    }

    /** Without a copy in between, which a read-only buffer would need. */
    private static void put(ByteString data, OutputStream to) {
        try {
            data.writeTo(to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Forces to disk what is written, so that less is left for the end; nothing once it was closed. */
    void force() {
        try {
            channel.force(false);
        } catch (ClosedChannelException ended) {
            // what an ended attempt left is forced by the one that goes on with it
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Checks what was accepted. */
    void verify() {
        if (position < file.sizeBytes()) {
            throw MillraceException.of(
                    Code.UNAVAILABLE,
                    "artifact %s ended after %d of %d bytes".formatted(file.sha256(), position, file.sizeBytes()));
        }
        String received = HexFormat.of().formatHex(digested.getMessageDigest().digest());
        if (!received.equals(file.sha256())) {
            throw mismatch("came with the digest " + received);
        }
    }

    /** Lets the next attempt start at the first byte. */
    void discard() {
        try {
            FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)
                    .close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean isMismatch(Throwable failure) {
        return failure instanceof MillraceException known && known.reason().equals(MISMATCH);
    }

    private MillraceException mismatch(String what) {
        return MillraceException.of(
                Code.DATA_LOSS, MISMATCH, "artifact %s (%s) %s".formatted(file.sha256(), file.name(), what));
    }
}
