package io.millrace.server.ingest;

import static io.millrace.server.TestServer.LOG_BOUND;
import static io.millrace.server.TestServer.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.millrace.server.Eventually;
import io.millrace.server.ServerSettings;
import io.millrace.server.TestServer;
import io.millrace.trainer.example.PlainText;
import io.millrace.v1.AppendExamplesResponse;
import io.millrace.v1.AppendExamplesResponse.AppendError;
import io.millrace.v1.AppendExamplesResponse.MessageCase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppendExamplesTest {
    private static final ServerSettings SETTINGS = new ServerSettings(
            0, Duration.ofMillis(200), Duration.ofMillis(200), Duration.ofSeconds(10), Duration.ofMillis(300));
    private static final String NAME = STREAM.toString();
    /** Of about 1 KiB, in few words. */
    private static final String KIBIBYTE = "x".repeat(1000);

    private final TestServer server;

    AppendExamplesTest(@TempDir Path directory) throws Exception {
        server = new TestServer(directory.resolve("data"), SETTINGS);
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.close();
    }

    @Test
    void appends_areDurableWhenTheyAreAnswered_inOrder() throws Exception {
        AppendClient client = AppendClient.on(server.channel).open(NAME);
        AppendExamplesResponse.Opened opened = client.next().getOpened();
        assertThat(opened.getNextOffset()).isZero();
        assertThat(opened.getStream().getName()).isEqualTo(NAME);
        assertThat(opened.getGrant().getExamples()).isPositive();
        assertThat(opened.getGrant().getBytes()).isEqualTo(LOG_BOUND);

        client.append(0, "one", "two").append(2, "three");

        AppendExamplesResponse.Appended first = client.next().getAppended();
        assertThat(first.getFirstOffset()).isZero();
        assertThat(first.getCount()).isEqualTo(2);
        assertThat(first.getGrant().getBytes()).isBetween(1L, LOG_BOUND - 1);
        AppendExamplesResponse.Appended second = client.next().getAppended();
        assertThat(second.getFirstOffset()).isEqualTo(2);
        assertThat(second.getCount()).isEqualTo(1);
        assertThat(server.log.stream(STREAM).orElseThrow().nextOffset()).isEqualTo(3);
        client.halfClose();
        assertThat(client.status().isOk()).isTrue();
    }

    @Test
    void appendsSentWithoutWaiting_areEachAnsweredInOrder_andThoseAfterARefusedOneAreRefused() throws Exception {
        AppendClient client = AppendClient.opened(server.channel);
        for (int offset = 0; offset < 50; offset++) {
            client.append(offset, "example " + offset);
        }
        client.append(50, "a\0b").append(51, "fifty-one").append(0, "example 0").append(50, "fifty");

        for (int offset = 0; offset < 50; offset++) {
            AppendExamplesResponse.Appended appended = client.next().getAppended();
            assertThat(appended.getFirstOffset()).isEqualTo(offset);
            assertThat(appended.getCount()).isEqualTo(1);
        }
        assertThat(client.next().getError().getRowErrorsList()).hasSize(1);
        assertThat(AppendClient.code(client.next().getError())).isEqualTo(Code.OUT_OF_RANGE);
        assertThat(client.next().getAppended().getFirstOffset()).isZero();
        assertThat(client.next().getAppended().getFirstOffset()).isEqualTo(50);
        assertThat(server.log.read(STREAM.adapter(), 0, 100, Long.MAX_VALUE))
                .hasSize(51)
                .extracting(logged -> ((PlainText) logged.example().content()).text())
                .contains("example 0", "example 49", "fifty");
    }

    @Test
    void conflictAmongAppendsSentWithoutWaiting_isThatAppendsAlone() throws Exception {
        AppendClient client = AppendClient.opened(server.channel).append(0, "zero", "one");
        client.next();

        client.append(0, "zero").append(1, "another").append(2, "two");

        assertThat(client.next().hasAppended()).isTrue();
        AppendError error = client.next().getError();
        assertThat(AppendClient.code(error)).isEqualTo(Code.ALREADY_EXISTS);
        assertThat(error.getOffset()).isEqualTo(1);
        assertThat(client.next().getAppended().getFirstOffset()).isEqualTo(2);
    }

    @Test
    void fault01_duplicateAppend_isAcknowledgedAndNotStoredAgain() throws Exception {
        AppendClient client = AppendClient.opened(server.channel).append(0, "one", "two");
        client.next();

        client.append(0, "one", "two", "three");

        assertThat(client.next().getAppended().getCount()).isEqualTo(3);
        assertThat(server.log.stream(STREAM).orElseThrow().nextOffset()).isEqualTo(3);
    }

    @Test
    void fault04_secondProducer_abortsTheFirst() throws Exception {
        AppendClient first = AppendClient.opened(server.channel).append(0, "one");
        first.next();
        ManagedChannel elsewhere = server.channel();
        try {
            AppendClient second = AppendClient.on(elsewhere).open(NAME);

            assertThat(second.next().getOpened().getNextOffset()).isEqualTo(1);
            assertThat(first.status().getCode()).isEqualTo(Code.ABORTED);
            assertThat(second.append(1, "two").next().hasAppended()).isTrue();
        } finally {
            elsewhere.shutdownNow();
        }
    }

    @Test
    void fault14_clientVanishes_keepaliveEndsTheCall_andDurableDataStays() throws Exception {
        try (SilencedConnection connection = new SilencedConnection(server.port())) {
            AppendClient vanishing = AppendClient.on(connection.channel()).open(NAME);
            vanishing.next();
            vanishing.append(0, "one").next();
            assertThat(server.openStreams()).isEqualTo(1);

            connection.silence();

            // gRPC sends no ping before 10 s are over.
            assertThat(Eventually.within(Duration.ofSeconds(30), () -> server.openStreams() == 0))
                    .isTrue();
        }
        AppendClient next = AppendClient.on(server.channel).open(NAME);
        assertThat(next.next().getOpened().getNextOffset()).isEqualTo(1);
    }

    @Test
    void fault15_slowReaderOfAcks_makesTheServerStopReading() throws Exception {
        AppendClient client = AppendClient.thatReadsNothing(server.channel).open(NAME);
        int sent = 0;
        // Resends of one append are always taken, so only unread answers can stop the server.
        for (; sent < 200_000 && (client.isReady() || !settled(client)); sent++) {
            client.append(0, KIBIBYTE);
        }

        assertThat(sent).isLessThan(200_000);
        client.read(sent + 1);
        assertThat(client.next().hasOpened()).isTrue();
        for (int i = 0; i < sent; i++) {
            assertThat(client.next().hasAppended()).isTrue();
        }
    }

    /** Gives the transport time to become ready again; true if it doesn't. */
    private static boolean settled(AppendClient client) throws InterruptedException {
        return !Eventually.within(Duration.ofMillis(500), client::isReady);
    }

    @Test
    void logAtItsBound_throttlesTheClient_andTakesTheAppendWhenSomethingIsSettled() throws Exception {
        AppendClient client = AppendClient.opened(server.channel);
        int offset = 0;
        AppendExamplesResponse response = client.append(offset, KIBIBYTE).next();
        while (response.hasAppended()) {
            assertThat(response.getAppended().getGrant().getBytes()).isLessThan(LOG_BOUND - offset * 1000L);
            response = client.append(++offset, KIBIBYTE).next();
        }
        assertThat(response.getMessageCase()).isEqualTo(MessageCase.THROTTLE);
        assertThat(response.getThrottle().getRetryAfter().getNanos()).isPositive();
        assertThat(server.log.room(STREAM.adapter())).isLessThan(1100);

        server.settleAll();

        boolean taken = false;
        boolean granted = false;
        while (!taken || !granted) {
            response = client.next();
            taken |= response.hasAppended();
            granted |= response.hasProgress()
                    && response.getProgress().getGrant().getBytes() > LOG_BOUND / 2
                    && response.getProgress().getStream().getTrained() == offset;
        }
        assertThat(server.log.stream(STREAM).orElseThrow().nextOffset()).isEqualTo(offset + 1);
    }

    @Test
    void logAtItsBound_stopsReadingFromTheClient() throws Exception {
        AppendClient client = AppendClient.opened(server.channel);
        int sent = 0;
        for (; sent < 100_000 && (client.isReady() || !settled(client)); sent++) {
            client.append(sent, KIBIBYTE);
        }
        assertThat(sent).isLessThan(100_000);
        assertThat(server.log.room(STREAM.adapter())).isLessThan(1100);
        assertThat(client.end).isNotDone();
    }

    @Test
    void commits_areReportedAtMostOnceASecond() throws Exception {
        AppendClient client = AppendClient.opened(server.channel).append(0, "one", "two");
        client.next();

        for (int i = 0; i < 20; i++) {
            server.settleAll();
        }

        AppendExamplesResponse progress = client.next();
        assertThat(progress.getProgress().getStream().getTrainedThrough()).isEqualTo(2);
        assertThat(progress.getProgress().getStream().getTrained()).isEqualTo(2);
        assertThat(client.unread()).isLessThan(3);
    }

    @Test
    void fault37_shutdown_answersAppendsUnderWay_tellsTheClient_andEnds() throws Exception {
        AppendClient client = AppendClient.opened(server.channel).append(0, "one");
        CompletableFuture<Void> drained = CompletableFuture.runAsync(server::drain);

        AppendExamplesResponse response = client.next();
        boolean answered = response.hasAppended();
        while (!response.hasDrain()) {
            response = client.next();
            answered |= response.hasAppended();
        }
        client.append(1, "under way");
        while (!(answered && response.hasAppended() && response.getAppended().getFirstOffset() == 1)) {
            response = client.next();
            answered |= response.hasAppended();
        }

        assertThat(client.status().isOk()).isTrue();
        drained.get(10, TimeUnit.SECONDS);
        assertThat(server.log.stream(STREAM).orElseThrow().nextOffset()).isEqualTo(2);
    }
}
