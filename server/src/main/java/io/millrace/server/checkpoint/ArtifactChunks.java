package io.millrace.server.checkpoint;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status.Code;
import io.millrace.server.api.ApiErrors;
import io.millrace.server.grpc.Failures;
import io.millrace.trainer.checkpoint.Artifact;
import io.millrace.trainer.checkpoint.ArtifactLease;
import io.millrace.trainer.checkpoint.ArtifactStore;
import io.millrace.trainer.checkpoint.OpenedArtifact;
import io.millrace.v1.ReadArtifactRequest;
import io.millrace.v1.ReadArtifactResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Reads artifacts in chunks of 256 KiB, each when it is asked for. A lease keeps the file from being collected meanwhile. It is read,
 * not mapped: a file that shrinks under a mapping would kill the process.
 */
final class ArtifactChunks {
    private static final int CHUNK_BYTES = 256 << 10;

    private final ArtifactStore artifacts;
    private final Scheduler blocking;

    ArtifactChunks(ArtifactStore artifacts, Scheduler blocking) {
        this.artifacts = artifacts;
        this.blocking = blocking;
    }

    Flux<ReadArtifactResponse> read(ReadArtifactRequest request) {
        return Flux.using(
                        () -> open(request.getSha256()),
                        lease -> chunks(lease, request.getOffset()),
                        ArtifactLease::close)
                .subscribeOn(blocking);
    }

    private ArtifactLease open(String sha256) {
        OpenedArtifact opened;
        try {
            opened = artifacts.open(sha256);
        } catch (IllegalArgumentException refused) {
            throw ApiErrors.invalid("sha256", String.valueOf(refused.getMessage()));
        }
        if (opened instanceof OpenedArtifact.Intact intact) {
            return intact.lease();
        }
        if (opened instanceof OpenedArtifact.Damaged damaged) {
            throw Failures.failure(
                    Code.DATA_LOSS,
                    "ARTIFACT_DAMAGED",
                    "artifact %s is damaged: %s; use another revision".formatted(sha256, damaged.reason()));
        }
        throw ApiErrors.notFound("NO_SUCH_ARTIFACT", "no revision has a file with sha256 " + sha256);
    }

    private static Flux<ReadArtifactResponse> chunks(ArtifactLease lease, long from) {
        Artifact artifact = lease.artifact();
        if (from < 0 || from > artifact.size()) {
            return Flux.error(Failures.failure(
                    Code.OUT_OF_RANGE,
                    "OFFSET_OUT_OF_RANGE",
                    "offset is %d; the artifact has %d bytes".formatted(from, artifact.size())));
        }
        return Flux.using(
                () -> FileChannel.open(lease.file()),
                channel -> Flux.generate(() -> from, (offset, sink) -> {
                    if (offset == artifact.size()) {
                        sink.complete();
                        return offset;
                    }
                    ReadArtifactResponse chunk = chunk(channel, offset, artifact.size());
                    sink.next(chunk);
                    return offset + chunk.getData().size();
                }),
                ArtifactChunks::close);
    }

    private static ReadArtifactResponse chunk(FileChannel channel, long offset, long size) {
        ByteBuffer data = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, size - offset));
        try {
            while (data.hasRemaining()) {
                if (channel.read(data, offset + data.position()) < 0) {
                    throw new IOException("it ends at byte " + (offset + data.position()));
                }
            }
        } catch (IOException e) {
            throw Failures.failure(Code.DATA_LOSS, "ARTIFACT_DAMAGED", "the artifact can't be read: " + e.getMessage());
        }
        return ReadArtifactResponse.newBuilder()
                .setOffset(offset)
                .setData(UnsafeByteOperations.unsafeWrap(data.flip()))
                .setSizeBytes(size)
                .build();
    }

    private static void close(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
