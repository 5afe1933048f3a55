package io.millrace.server.ingest;

import static io.millrace.server.TestServer.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import io.grpc.Status.Code;
import io.millrace.server.TestServer;
import io.millrace.trainer.example.StreamName;
import io.millrace.v1.AppendExamplesRequest;
import io.millrace.v1.AppendExamplesRequest.Append;
import io.millrace.v1.AppendExamplesResponse.AppendError;
import io.millrace.v1.Example;
import io.millrace.v1.Feedback;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a call of AppendExamples refuses, and how: most of it lives on. */
class AppendRefusalsTest {
    private final TestServer server;

    AppendRefusalsTest(@TempDir Path directory) throws Exception {
        server = new TestServer(directory.resolve("data"));
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.close();
    }

    @Test
    void fault02_gap_isOutOfRangeNamingTheNextOffset_andTheCallLivesOn() throws Exception {
        AppendClient client = AppendClient.opened(server.channel).append(5, "five");

        AppendError error = client.next().getError();
        assertThat(error.getOffset()).isZero();
        assertThat(AppendClient.code(error)).isEqualTo(Code.OUT_OF_RANGE);
        assertThat(info(error).getReason()).isEqualTo("OFFSET_GAP");
        assertThat(info(error).getDomain()).isEqualTo("millrace");
        assertThat(info(error).getMetadataMap()).containsEntry("next_offset", "0");
        assertThat(client.append(0, "zero").next().hasAppended()).isTrue();
    }

    @Test
    void fault03_otherExampleAtAStoredOffset_isAConflict() throws Exception {
        AppendClient client = AppendClient.opened(server.channel).append(0, "one");
        client.next();

        AppendError error = client.append(0, "another").next().getError();

        assertThat(AppendClient.code(error)).isEqualTo(Code.ALREADY_EXISTS);
        assertThat(info(error).getReason()).isEqualTo("OFFSET_CONFLICT");
        assertThat(client.append(1, "two").next().hasAppended()).isTrue();
    }

    @Test
    void fault05_firstMessageNotOpen_isInvalid() {
        AppendClient client = AppendClient.on(server.channel).append(0, "one");

        assertThat(client.status().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(client.status().getDescription()).contains("open");
    }

    @Test
    void fault05_noMessageAtAll_isInvalid() {
        AppendClient client = AppendClient.on(server.channel);
        client.halfClose();

        assertThat(client.status().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    }

    @Test
    void fault06_targetChangedInTheCall_isInvalid() throws Exception {
        AppendClient client = AppendClient.opened(server.channel).open("tenants/t/adapters/a/streams/other");

        assertThat(client.status().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(server.log.stream(new StreamName(STREAM.adapter(), "other"))).isEmpty();
    }

    @Test
    void fault07_oversizeMessage_isResourceExhausted_andOtherCallsLive() throws Exception {
        AppendClient other = AppendClient.opened(server.channel);
        AppendClient client = AppendClient.on(server.channel).open("tenants/t/adapters/a/streams/big");
        client.next();

        client.append(0, Collections.nCopies(5, AppendClient.example("x".repeat(1 << 20))));

        assertThat(client.status().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertThat(other.append(0, "one").next().hasAppended()).isTrue();
    }

    @Test
    void fault09_emptyOverlongOrInvalidText_isARowError_andNothingIsStored() throws Exception {
        AppendClient client = AppendClient.opened(server.channel)
                .append(
                        0,
                        List.of(
                                AppendClient.example("fine"),
                                AppendClient.example(""),
                                AppendClient.example("a\0b"),
                                AppendClient.example("x".repeat(1 << 20))));

        AppendError error = client.next().getError();
        assertThat(AppendClient.code(error)).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(error.getRowErrorsList())
                .extracting(row -> row.getIndex() + " " + row.getField())
                .containsExactly("1 content.text.text", "2 content.text.text", "3 content");
        assertThat(server.log.stream(STREAM).orElseThrow().nextOffset()).isZero();
        assertThat(client.append(0, "fine").next().hasAppended()).isTrue();
    }

    @Test
    void fault10_exampleOverTheTokenBudget_isARowError() throws Exception {
        AppendError error = AppendClient.opened(server.channel)
                .append(0, "fine", "word ".repeat(30))
                .next()
                .getError();

        assertThat(AppendClient.code(error)).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(error.getRowErrors(0).getIndex()).isEqualTo(1);
        assertThat(error.getRowErrors(0).getReason()).contains("20 words");
    }

    @Test
    void exampleOfAKindWithoutAMethod_isUnimplementedNamingTheField() throws Exception {
        AppendError error = AppendClient.opened(server.channel)
                .append(
                        0,
                        List.of(Example.newBuilder()
                                .setFeedback(Feedback.getDefaultInstance())
                                .build()))
                .next()
                .getError();

        assertThat(AppendClient.code(error)).isEqualTo(Code.UNIMPLEMENTED);
        assertThat(error.getRowErrors(0).getField()).isEqualTo("content.feedback");
    }

    @Test
    void emptyAppend_isInvalid() throws Exception {
        AppendError error = AppendClient.opened(server.channel)
                .send(AppendExamplesRequest.newBuilder()
                        .setAppend(Append.getDefaultInstance())
                        .build())
                .next()
                .getError();

        assertThat(AppendClient.code(error)).isEqualTo(Code.INVALID_ARGUMENT);
    }

    @Test
    void fault27_negativeOffset_isOutOfRange() throws Exception {
        AppendError error =
                AppendClient.opened(server.channel).append(-1, "one").next().getError();

        assertThat(AppendClient.code(error)).isEqualTo(Code.OUT_OF_RANGE);
        assertThat(error.getOffset()).isZero();
    }

    @Test
    void fault31_pathTraversalInAName_isRefusedByPattern() {
        AppendClient client = AppendClient.on(server.channel).open("tenants/t/adapters/../streams/s");

        assertThat(client.status().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    }

    @Test
    void unknownAdapter_isNotFound() {
        AppendClient client = AppendClient.on(server.channel).open("tenants/t/adapters/none/streams/s");

        assertThat(client.status().getCode()).isEqualTo(Code.NOT_FOUND);
    }

    private static ErrorInfo info(AppendError error) throws Exception {
        return error.getStatus().getDetails(0).unpack(ErrorInfo.class);
    }
}
