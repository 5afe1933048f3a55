package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.millrace.client.SendEvent.Reconnecting;
import io.millrace.client.SendEvent.RowsRefused;
import io.millrace.v1.AppendExamplesResponse.AppendError;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class ExampleSenderFaultsTest extends SenderFixture {
    @Test
    void storedExamplesOfferedAgain_areNotStoredTwice() {
        sender().send(STREAM, examples(0, 25)).blockLast(PATIENCE);
        ingest.appends.clear();

        List<SendEvent> events = all(sender().events(STREAM, next -> new NumberedExamples(0, examples(0, 40))));

        assertThat(acknowledged(events)).isEqualTo(40);
        assertThat(ingest.texts(STREAM)).isEqualTo(texts(0, 40));
        assertThat(ingest.appends)
                .as("none crosses the boundary between stored and new")
                .noneMatch(append -> append.getOffset() < 25 && append.getOffset() + append.getExamplesCount() > 25);
    }

    @Test
    void otherExampleAtAStoredOffset_isAlreadyExists() {
        sender().send(STREAM, examples(0, 5)).blockLast(PATIENCE);

        StepVerifier.create(sender().events(STREAM, next -> new NumberedExamples(4, examples(100, 110))))
                .thenConsumeWhile(event -> true)
                .expectErrorSatisfies(failure -> assertThat(failure)
                        .isInstanceOfSatisfying(
                                MillraceException.class,
                                e -> assertThat(e.code()).isEqualTo(Code.ALREADY_EXISTS)))
                .verify(PATIENCE);
    }

    @Test
    void killedBeforeStoring_resendsWhatIsNotAcknowledged() {
        ingest.next.add((append, connection) -> false);
        ingest.next.add((append, connection) -> {
            connection.fail(io.grpc.Status.UNAVAILABLE);
            return true;
        });

        List<SendEvent> events = all(sender().events(STREAM, next -> new NumberedExamples(next, examples(0, 100))));

        assertThat(acknowledged(events)).isEqualTo(100);
        assertThat(ingest.texts(STREAM)).isEqualTo(texts(0, 100));
        assertThat(events).filteredOn(Reconnecting.class::isInstance).hasSize(1);
        assertThat(timer.waits()).containsExactly(Duration.ofMillis(75));
    }

    @Test
    void killedAfterStoringBeforeAcknowledging_isDeduplicated() {
        ingest.next.add((append, connection) -> {
            connection.storeAndFallSilent(append);
            timer.during(server::restart);
            new Thread(server::kill).start();
            return true;
        });

        List<SendEvent> events = all(sender().events(STREAM, next -> new NumberedExamples(next, examples(0, 100))));

        assertThat(acknowledged(events)).isEqualTo(100);
        assertThat(ingest.texts(STREAM)).isEqualTo(texts(0, 100));
    }

    @Test
    void serverThatForgotAcknowledgedExamples_isDataLoss() {
        ingest.next.add((append, connection) -> false);
        ingest.next.add((append, connection) -> {
            ingest.streams.clear();
            connection.fail(io.grpc.Status.UNAVAILABLE);
            return true;
        });

        StepVerifier.create(sender().send(STREAM, examples(0, 100)))
                .thenConsumeWhile(ack -> true)
                .expectErrorSatisfies(failure ->
                        assertThat(failure).hasMessageStartingWith("DATA_LOSS").hasMessageContaining("restored"))
                .verify(PATIENCE);
    }

    @Test
    void serverThatStaysAway_isGivenUpAfterTheAttempts() {
        server.kill();

        StepVerifier.create(sender().events(STREAM, next -> new NumberedExamples(next, examples(0, 1))))
                .thenConsumeWhile(Reconnecting.class::isInstance)
                .expectErrorSatisfies(failure -> assertThat(failure).hasMessageStartingWith("UNAVAILABLE"))
                .verify(PATIENCE);
        assertThat(timer.waits())
                .containsExactly(
                        Duration.ofMillis(75),
                        Duration.ofMillis(150),
                        Duration.ofMillis(300),
                        Duration.ofMillis(600),
                        Duration.ofMillis(750));
    }

    @Test
    void anotherProducer_isAbortedAndNotRetried() {
        ingest.next.add((append, connection) -> {
            connection.fail(io.grpc.Status.ABORTED.withDescription("another producer opened the stream"));
            return true;
        });

        StepVerifier.create(sender().send(STREAM, examples(0, 1)))
                .expectErrorSatisfies(
                        failure -> assertThat(failure).hasMessage("ABORTED: another producer opened the stream"))
                .verify(PATIENCE);
        assertThat(timer.waits()).isEmpty();
    }

    @Test
    void drain_reconnectsAndGoesOn() {
        ingest.next.add((append, connection) -> {
            connection.take(append);
            connection.drain();
            return true;
        });

        List<SendEvent> events = all(sender().events(STREAM, next -> new NumberedExamples(next, examples(0, 50))));

        assertThat(acknowledged(events)).isEqualTo(50);
        assertThat(ingest.texts(STREAM)).isEqualTo(texts(0, 50));
        assertThat(ingest.opens).hasSize(2);
    }

    @Test
    void gap_isRewoundTo() {
        ingest.next.add((append, connection) -> {
            connection.refuse(AppendError.newBuilder()
                    .setOffset(append.getOffset())
                    .setStatus(Status.newBuilder().setCode(11)));
            return true;
        });

        List<SendEvent> events = all(sender().events(STREAM, next -> new NumberedExamples(next, examples(0, 100))));

        assertThat(acknowledged(events)).isEqualTo(100);
        assertThat(ingest.texts(STREAM)).isEqualTo(texts(0, 100));
        assertThat(ingest.opens).as("on the same call").hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void randomFaults_loseAndDoubleNothing(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 40; i++) {
            int fault = random.nextInt(8);
            ingest.next.add((append, connection) -> {
                switch (fault) {
                    case 0 -> connection.fail(io.grpc.Status.UNAVAILABLE);
                    case 1 -> {
                        connection.take(append);
                        connection.drain();
                    }
                    case 2 -> {
                        connection.storeAndFallSilent(append);
                        connection.fail(io.grpc.Status.UNAVAILABLE);
                    }
                    case 3 ->
                        connection.refuse(AppendError.newBuilder()
                                .setOffset(append.getOffset())
                                .setStatus(Status.newBuilder().setCode(8)));
                    default -> {
                        return false;
                    }
                }
                return true;
            });
        }
        ingest.refuse = example -> example.getText().getText().endsWith("3");

        List<SendEvent> events =
                all(sender(timer, 100).events(STREAM, next -> new NumberedExamples(next, examples(0, 1000))));

        assertThat(ingest.texts(STREAM))
                .isEqualTo(texts(0, 1000).stream()
                        .filter(text -> !text.endsWith("3"))
                        .toList());
        assertThat(acknowledged(events)).isEqualTo(900);
        assertThat(events)
                .filteredOn(RowsRefused.class::isInstance)
                .flatExtracting(event -> ((RowsRefused) event).refusals())
                .hasSize(100)
                .doesNotHaveDuplicates();
    }

    @Test
    void gapThatIsClaimedForEver_ends() {
        for (int i = 0; i < 1000; i++) {
            ingest.next.add((append, connection) -> {
                connection.refuse(
                        AppendError.newBuilder().setStatus(Status.newBuilder().setCode(11)));
                return true;
            });
        }

        StepVerifier.create(sender().send(STREAM, examples(0, 1)))
                .expectErrorSatisfies(failure -> assertThat(failure).hasMessageStartingWith("OUT_OF_RANGE"))
                .verify(PATIENCE);
    }

    @Test
    void refusedRows_areReportedAndTheOthersGoOn() {
        ingest.refuse = example -> example.getText().getText().endsWith("7");

        List<SendEvent> events = all(sender().events(STREAM, next -> new NumberedExamples(next, examples(0, 100))));

        List<String> expected =
                texts(0, 100).stream().filter(text -> !text.endsWith("7")).toList();
        assertThat(ingest.texts(STREAM)).isEqualTo(expected);
        assertThat(acknowledged(events)).isEqualTo(90);
        assertThat(events)
                .filteredOn(RowsRefused.class::isInstance)
                .flatExtracting(event -> ((RowsRefused) event).refusals())
                .hasSize(10)
                .first()
                .isEqualTo(new SendEvent.Refusal(Example.text("text 7"), "content.text", "is too long"));
    }

    @Test
    void refusedRow_endsTheStrictSending() {
        ingest.refuse = example -> example.getText().getText().equals("text 5");

        StepVerifier.create(sender().send(STREAM, examples(5, 6).map(e -> e.withOrigin("line 9"))))
                .expectErrorSatisfies(failure ->
                        assertThat(failure).hasMessage("INVALID_ARGUMENT: line 9: content.text: is too long"))
                .verify(PATIENCE);
    }

    @Test
    void exampleOverTheWireLimit_isRefusedWithoutSendingIt() {
        Example big = Example.text("x".repeat(1 << 20));

        List<SendEvent> events = all(sender().events(
                        STREAM,
                        next -> new NumberedExamples(
                                next, Flux.just(Example.text("text 0"), big, Example.text("text 1")))));

        assertThat(ingest.texts(STREAM)).containsExactly("text 0", "text 1");
        assertThat(events).filteredOn(RowsRefused.class::isInstance).hasSize(1);
    }

    @Test
    void failedSource_isPassedOnAfterTheAcknowledgements() {
        Flux<Example> source = examples(0, 25).concatWith(Flux.error(new IllegalStateException("line 26 is bad")));

        StepVerifier.create(sender().send(STREAM, source))
                .thenConsumeWhile(ack -> true)
                .expectErrorMessage("line 26 is bad")
                .verify(PATIENCE);
        assertThat(ingest.texts(STREAM)).isEqualTo(texts(0, 25));
    }
}
