package io.millrace.client;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.v1.ArtifactFile;
import io.millrace.v1.Checkpoint;
import io.millrace.v1.CheckpointServiceGrpc;
import io.millrace.v1.ReadArtifactRequest;
import io.millrace.v1.ReadArtifactResponse;
import io.millrace.v1.WatchCheckpointsRequest;
import io.millrace.v1.WatchCheckpointsResponse;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiConsumer;

/** Watches that a test scripts call by call, and artifacts with faults that a test chooses. */
public final class FakeCheckpoints extends CheckpointServiceGrpc.CheckpointServiceImplBase {
    public final List<WatchCheckpointsRequest> watches = new CopyOnWriteArrayList<>();
    public final List<ReadArtifactRequest> reads = new CopyOnWriteArrayList<>();
    public final Queue<BiConsumer<WatchCheckpointsRequest, StreamObserver<WatchCheckpointsResponse>>> watchScript =
            new ConcurrentLinkedQueue<>();
    /** What the next read of an artifact gets, by its digest. */
    public final Map<String, BiConsumer<ReadArtifactRequest, StreamObserver<ReadArtifactResponse>>> readScript =
            new ConcurrentHashMap<>();

    public final Map<String, ByteString> artifacts = new ConcurrentHashMap<>();
    public final CountDownLatch cancelled = new CountDownLatch(1);
    public volatile int chunk = 4;

    /** A revision with two small files, which can be read from then on. */
    public Checkpoint revision(long revision) {
        return Checkpoint.newBuilder()
                .setName("tenants/t/adapters/a/checkpoints/" + revision)
                .setRevision(revision)
                .setTokens(revision * 100)
                .putMetrics("holdout_loss", 1.0 / revision)
                .addFiles(artifact("adapter_config.json", "{\"r\": " + revision + "}"))
                .addFiles(artifact("adapter_model.safetensors", "weights of revision " + revision))
                .build();
    }

    public ArtifactFile artifact(String name, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        String sha256 = HexFormat.of().formatHex(Sha256.digest().digest(bytes));
        artifacts.put(sha256, ByteString.copyFrom(bytes));
        return ArtifactFile.newBuilder()
                .setName(name)
                .setSha256(sha256)
                .setSizeBytes(bytes.length)
                .build();
    }

    public static WatchCheckpointsResponse event(Checkpoint checkpoint) {
        return WatchCheckpointsResponse.newBuilder().setCheckpoint(checkpoint).build();
    }

    @Override
    public void watchCheckpoints(WatchCheckpointsRequest request, StreamObserver<WatchCheckpointsResponse> responses) {
        ((ServerCallStreamObserver<WatchCheckpointsResponse>) responses).setOnCancelHandler(cancelled::countDown);
        watches.add(request);
        var script = watchScript.poll();
        if (script != null) {
            script.accept(request, responses);
        }
    }

    @Override
    public void readArtifact(ReadArtifactRequest request, StreamObserver<ReadArtifactResponse> responses) {
        reads.add(request);
        var script = readScript.remove(request.getSha256());
        if (script == null) {
            send(request, responses, Integer.MAX_VALUE);
            responses.onCompleted();
        } else {
            script.accept(request, responses);
        }
    }

    /** Sends some of an artifact's bytes. */
    public void send(ReadArtifactRequest request, StreamObserver<ReadArtifactResponse> responses, int bytes) {
        ByteString data = artifacts.get(request.getSha256());
        if (data == null) {
            throw Status.NOT_FOUND.asRuntimeException();
        }
        int end = (int) Math.min(data.size(), request.getOffset() + bytes);
        for (int at = (int) request.getOffset(); at < end; at += chunk) {
            responses.onNext(ReadArtifactResponse.newBuilder()
                    .setOffset(at)
                    .setData(data.substring(at, Math.min(at + chunk, end)))
                    .setSizeBytes(data.size())
                    .build());
        }
    }
}
