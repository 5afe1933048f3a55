package io.millrace.server.ingest;

import static io.millrace.server.TestServer.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.millrace.server.TestServer;
import io.millrace.v1.AppendBatchRequest;
import io.millrace.v1.AppendBatchResponse;
import io.millrace.v1.Example;
import io.millrace.v1.GetStreamRequest;
import io.millrace.v1.IngestServiceGrpc;
import io.millrace.v1.IngestServiceGrpc.IngestServiceBlockingStub;
import io.millrace.v1.PreferencePair;
import io.millrace.v1.Stream;
import io.millrace.v1.TrainingFigures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppendBatchTest {
    private final TestServer server;
    private final IngestServiceBlockingStub client;

    AppendBatchTest(@TempDir Path directory) throws IOException {
        server = new TestServer(directory.resolve("data"));
        client = IngestServiceGrpc.newBlockingStub(server.channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.close();
    }

    @Test
    void batch_isDurable_andItsResendIsSuccess() {
        AppendBatchResponse first = append(0, "one", "two");
        assertThat(first.getFirstOffset()).isZero();
        assertThat(first.getCount()).isEqualTo(2);
        assertThat(first.getNextOffset()).isEqualTo(2);
        assertThat(append(0, "one", "two")).isEqualTo(first);

        server.settleAll();

        Stream stream = client.getStream(
                GetStreamRequest.newBuilder().setName(STREAM.toString()).build());
        assertThat(stream.getDurableThrough()).isEqualTo(2);
        assertThat(stream.getTrainedThrough()).isEqualTo(2);
        assertThat(stream.getTrained()).isEqualTo(2);
        assertThat(stream.getRevision()).isZero();
        assertThat(stream.getTraining())
                .as("what is unknown is absent")
                .isEqualTo(TrainingFigures.newBuilder()
                        .setPrequentialLoss(0.25)
                        .setTokensPerSecond(400)
                        .build());
    }

    @Test
    void fault02_gap_isOutOfRangeNamingTheNextOffset() throws Exception {
        StatusRuntimeException refused = refused(() -> append(7, "seven"));

        assertThat(refused.getStatus().getCode()).isEqualTo(Code.OUT_OF_RANGE);
        assertThat(info(refused).getReason()).isEqualTo("OFFSET_GAP");
        assertThat(info(refused).getMetadataMap()).containsEntry("next_offset", "0");
    }

    @Test
    void fault03_otherExampleAtAStoredOffset_isAConflict() throws Exception {
        append(0, "one");
        StatusRuntimeException refused = refused(() -> append(0, "another"));

        assertThat(refused.getStatus().getCode()).isEqualTo(Code.ALREADY_EXISTS);
        assertThat(info(refused).getReason()).isEqualTo("OFFSET_CONFLICT");
    }

    @Test
    void fault09_invalidRows_areNamedInTheStatus() throws Exception {
        StatusRuntimeException refused = refused(() -> append(0, "fine", "", "a\0b"));

        assertThat(refused.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
        BadRequest rows = StatusProto.fromThrowable(refused).getDetails(1).unpack(BadRequest.class);
        assertThat(rows.getFieldViolationsList())
                .extracting(BadRequest.FieldViolation::getField)
                .containsExactly("examples[1].content.text.text", "examples[2].content.text.text");
        assertThat(server.log.stream(STREAM)).isEmpty();
    }

    @Test
    void kindWithoutAMethod_isUnimplementedNamingTheField() {
        Example pair = Example.newBuilder()
                .setPreferencePair(PreferencePair.getDefaultInstance())
                .build();
        StatusRuntimeException refused = refused(() -> append(0, List.of(pair)));

        assertThat(refused.getStatus().getCode()).isEqualTo(Code.UNIMPLEMENTED);
        assertThat(refused.getStatus().getDescription()).contains("content.preference_pair");
    }

    @Test
    void logAtItsBound_isResourceExhausted() {
        String kibibyte = "x".repeat(1000);
        int offset = 0;
        while (server.log.room(STREAM.adapter()) > 1100 || offset == 0) {
            append(offset++, kibibyte);
        }
        int next = offset;
        StatusRuntimeException refused = refused(() -> append(next, "y".repeat(2000)));

        assertThat(refused.getStatus().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        server.settleAll();
        assertThat(append(next, kibibyte).getNextOffset()).isEqualTo(next + 1);
    }

    @Test
    void unknownNames_areNotFound_andMalformedOnesInvalid() {
        assertThat(code(() -> client.getStream(GetStreamRequest.newBuilder()
                        .setName(STREAM.adapter() + "/streams/none")
                        .build())))
                .isEqualTo(Code.NOT_FOUND);
        assertThat(code(() -> client.getStream(
                        GetStreamRequest.newBuilder().setName("streams/s").build())))
                .isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(code(() -> client.appendBatch(AppendBatchRequest.newBuilder()
                        .setStream("tenants/t/adapters/none/streams/s")
                        .addExamples(AppendClient.example("one"))
                        .build())))
                .isEqualTo(Code.NOT_FOUND);
    }

    private AppendBatchResponse append(long offset, String... texts) {
        return append(offset, List.of(texts).stream().map(AppendClient::example).toList());
    }

    private AppendBatchResponse append(long offset, List<Example> examples) {
        return client.appendBatch(AppendBatchRequest.newBuilder()
                .setStream(STREAM.toString())
                .setOffset(offset)
                .addAllExamples(examples)
                .build());
    }

    private static StatusRuntimeException refused(Runnable call) {
        return catchThrowableOfType(StatusRuntimeException.class, call::run);
    }

    private static Code code(Runnable call) {
        return refused(call).getStatus().getCode();
    }

    private static ErrorInfo info(StatusRuntimeException refused) throws Exception {
        return StatusProto.fromThrowable(refused).getDetails(0).unpack(ErrorInfo.class);
    }
}
