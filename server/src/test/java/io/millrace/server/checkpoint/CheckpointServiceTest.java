package io.millrace.server.checkpoint;

import static io.millrace.server.TestServer.ADAPTER;
import static io.millrace.server.TestServer.KEPT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.stub.BlockingClientCall;
import io.millrace.server.TestServer;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.v1.Checkpoint;
import io.millrace.v1.CheckpointServiceGrpc;
import io.millrace.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.millrace.v1.GetCheckpointRequest;
import io.millrace.v1.ListCheckpointsRequest;
import io.millrace.v1.ListCheckpointsResponse;
import io.millrace.v1.ReadArtifactRequest;
import io.millrace.v1.ReadArtifactResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointServiceTest {
    private final Path directory;
    private final TestServer server;
    private final CheckpointServiceBlockingStub client;
    private final byte[] content = new byte[3_000_000];

    CheckpointServiceTest(@TempDir Path temporary) throws IOException {
        directory = temporary.resolve("data");
        server = new TestServer(directory);
        client = CheckpointServiceGrpc.newBlockingStub(server.channel).withDeadlineAfter(60, TimeUnit.SECONDS);
        new Random(7).nextBytes(content);
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.close();
    }

    @Test
    void artifact_comesInChunksFromAnyOffset() throws Exception {
        String sha256 = sha256(server.publish(content));
        for (int offset : new int[] {0, 1, 2_999_999, 3_000_000}) {
            ByteString received = ByteString.EMPTY;
            for (Iterator<ReadArtifactResponse> chunks = read(sha256, offset); chunks.hasNext(); ) {
                ReadArtifactResponse chunk = chunks.next();
                assertThat(chunk.getOffset()).isEqualTo(offset + received.size());
                assertThat(chunk.getSizeBytes()).isEqualTo(content.length);
                assertThat(chunk.getData().size()).isLessThanOrEqualTo(1 << 20);
                received = received.concat(chunk.getData());
            }
            assertThat(received).isEqualTo(ByteString.copyFrom(content, offset, content.length - offset));
        }
    }

    @Test
    void badRequests_areRefused() throws Exception {
        String sha256 = sha256(server.publish(content));
        assertCode(Code.OUT_OF_RANGE, () -> read(sha256, content.length + 1).next());
        assertCode(Code.OUT_OF_RANGE, () -> read(sha256, -1).next());
        assertCode(Code.INVALID_ARGUMENT, () -> read("../../etc/passwd", 0).next());
        assertCode(Code.NOT_FOUND, () -> read("0".repeat(64), 0).next());
    }

    @Test
    void fault23_damagedFile_isDataLoss_andQuarantined() throws Exception {
        String sha256 = sha256(server.publish(content));
        Path file =
                directory.resolve("artifacts").resolve(sha256.substring(0, 2)).resolve(sha256);
        content[1_000_000] ^= 1;
        Files.write(file, content);

        assertCode(Code.DATA_LOSS, () -> read(sha256, 0).next());
        assertThat(file).doesNotExist();
    }

    @Test
    void fault26_artifactCollectedInMidRead_isReadToItsEnd() throws Exception {
        String sha256 = sha256(server.publish(content));
        BlockingClientCall<?, ReadArtifactResponse> reading = CheckpointServiceGrpc.newBlockingV2Stub(server.channel)
                .readArtifact(ReadArtifactRequest.newBuilder().setSha256(sha256).build());
        long received = reading.read().getData().size();

        for (int i = 0; i <= KEPT; i++) {
            server.publish(new byte[] {(byte) i});
        }
        server.artifacts.collect();
        assertCode(Code.NOT_FOUND, () -> read(sha256, 0).next());

        for (ReadArtifactResponse chunk = reading.read(); chunk != null; chunk = reading.read()) {
            received += chunk.getData().size();
        }
        assertThat(received).isEqualTo(content.length);
    }

    @Test
    void checkpoints_areFoundByNumberAndAsLatest_andListedNewestFirst() throws Exception {
        for (int i = 0; i < 3; i++) {
            server.publish(new byte[] {(byte) i});
        }
        assertThat(get(ADAPTER + "/checkpoints/2").getRevision()).isEqualTo(2);
        assertThat(get(ADAPTER + "/checkpoints/latest").getRevision()).isEqualTo(3);
        assertCode(Code.NOT_FOUND, () -> get(ADAPTER + "/checkpoints/4"));
        assertCode(Code.INVALID_ARGUMENT, () -> get(ADAPTER + "/checkpoints/first"));

        ListCheckpointsResponse first = client.listCheckpoints(ListCheckpointsRequest.newBuilder()
                .setAdapter(ADAPTER.toString())
                .setPageSize(2)
                .build());
        assertThat(first.getCheckpointsList())
                .extracting(Checkpoint::getRevision)
                .containsExactly(3L, 2L);
        ListCheckpointsResponse second = client.listCheckpoints(ListCheckpointsRequest.newBuilder()
                .setAdapter(ADAPTER.toString())
                .setPageSize(2)
                .setPageToken(first.getNextPageToken())
                .build());
        assertThat(second.getCheckpointsList())
                .extracting(Checkpoint::getRevision)
                .containsExactly(1L);
        assertThat(second.getNextPageToken()).isEmpty();
    }

    private Checkpoint get(String name) {
        return client.getCheckpoint(
                GetCheckpointRequest.newBuilder().setName(name).build());
    }

    private Iterator<ReadArtifactResponse> read(String sha256, long offset) {
        return client.readArtifact(ReadArtifactRequest.newBuilder()
                .setSha256(sha256)
                .setOffset(offset)
                .build());
    }

    private static String sha256(Revision revision) {
        return revision.manifest().files().get(0).content().sha256();
    }

    private static void assertCode(Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .satisfies(failure ->
                        assertThat(Status.fromThrowable(failure).getCode()).isEqualTo(code));
    }
}
