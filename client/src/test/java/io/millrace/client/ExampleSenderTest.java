package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.SendEvent.Acked;
import io.millrace.client.SendEvent.Throttled;
import io.millrace.v1.AppendExamplesRequest.Append;
import io.millrace.v1.Grant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;

class ExampleSenderTest extends SenderFixture {
    @Test
    void examples_areStoredInOrderAndAcknowledgedOnce() throws InterruptedException {
        List<SendEvent> events = all(sender().events(STREAM, next -> new NumberedExamples(next, examples(0, 1234))));

        assertThat(acknowledged(events)).isEqualTo(1234);
        assertThat(ingest.texts(STREAM)).isEqualTo(texts(0, 1234));
        assertThat(ingest.appends).allMatch(append -> append.getExamplesCount() <= 10);
        assertThat(ingest.appends.size()).isLessThan(200);
        assertThat(ingest.halfClosed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void secondRun_goesOnWhereTheFirstStopped() {
        sender().send(STREAM, examples(0, 30)).blockLast(PATIENCE);

        StepVerifier.create(sender().resume(STREAM, next -> examples((int) next, 35)))
                .expectNext(new Ack(30, 5))
                .expectComplete()
                .verify(PATIENCE);
        assertThat(ingest.texts(STREAM)).isEqualTo(texts(0, 35));
    }

    @Test
    void grantOfExamples_isUsedAndNeverExceeded() {
        ingest.grant = Grant.newBuilder().setExamples(35).setBytes(1 << 20).build();
        AtomicInteger most = new AtomicInteger();
        answerInGroupsOf(3, most, Append::getExamplesCount);

        List<SendEvent> events = all(sender().events(STREAM, next -> new NumberedExamples(next, examples(0, 300))));

        assertThat(acknowledged(events)).isEqualTo(300);
        assertThat(most).hasValue(30);
    }

    @Test
    void grantOfBytes_isUsedAndNeverExceeded() {
        ingest.grant = Grant.newBuilder().setExamples(1000).setBytes(500).build();
        AtomicInteger most = new AtomicInteger();
        answerInGroupsOf(2, most, Append::getSerializedSize);

        List<SendEvent> events = all(sender().events(STREAM, next -> new NumberedExamples(next, examples(0, 200))));

        assertThat(acknowledged(events)).isEqualTo(200);
        assertThat(most.get()).isBetween(251, 500);
    }

    /** Appends are answered when so many are outstanding: fewer would wait for ever, more are seen in {@code most}. */
    private void answerInGroupsOf(int appends, AtomicInteger most, ToIntFunction<Append> size) {
        List<Append> outstanding = new ArrayList<>();
        FakeIngest.Behaviour hold = (append, connection) -> {
            outstanding.add(append);
            most.accumulateAndGet(outstanding.stream().mapToInt(size).sum(), Math::max);
            if (outstanding.size() == appends) {
                outstanding.forEach(connection::take);
                outstanding.clear();
            }
            return true;
        };
        for (int i = 0; i < 4 * appends; i++) {
            ingest.next.add(hold);
        }
    }

    @Test
    void throttle_holdsSendingUntilItIsOver() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        ingest.next.add((append, connection) -> {
            connection.throttle(30);
            connection.take(append);
            return true;
        });
        Sinks.Many<Example> source = Sinks.many().unicast().onBackpressureBuffer();

        StepVerifier.create(sender(time, 5).events(STREAM, next -> new NumberedExamples(next, source.asFlux())))
                .expectNextMatches(SendEvent.Progress.class::isInstance)
                .then(() -> source.tryEmitNext(Example.text("text 0")).orThrow())
                .expectNext(new Throttled(Duration.ofSeconds(30), "log full"))
                .expectNext(new Acked(new Ack(0, 1)))
                .then(() -> source.tryEmitNext(Example.text("text 1")).orThrow())
                .then(() -> time.advanceTimeBy(Duration.ofSeconds(29)))
                .then(() -> assertThat(ingest.appends).hasSize(1))
                .then(() -> time.advanceTimeBy(Duration.ofSeconds(1)))
                .expectNext(new Acked(new Ack(1, 1)))
                .then(() -> source.tryEmitComplete().orThrow())
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void grantTooSmallForTheNextExample_isToldAsAThrottle() {
        ingest.grant = Grant.newBuilder().setExamples(1000).setBytes(10).build();
        Sinks.Many<Example> source = Sinks.many().unicast().onBackpressureBuffer();

        StepVerifier.create(sender().events(STREAM, next -> new NumberedExamples(next, source.asFlux())))
                .expectNextMatches(SendEvent.Progress.class::isInstance)
                .then(() -> source.tryEmitNext(Example.text("text 0")).orThrow())
                .expectNextMatches(event -> event instanceof Throttled throttled
                        && throttled.retryAfter().isZero()
                        && throttled.reason().contains("no room"))
                .thenCancel()
                .verify(PATIENCE);
        assertThat(ingest.appends).isEmpty();
    }

    @Test
    void subscriberWithoutDemand_holdsBackTheSource() {
        AtomicLong taken = new AtomicLong();
        Flux<Example> source = examples(0, 10_000).doOnNext(example -> taken.incrementAndGet());

        StepVerifier.create(sender().events(STREAM, next -> new NumberedExamples(next, source)), 0)
                .expectSubscription()
                .then(() -> assertThat(taken).hasValue(0))
                .thenRequest(1)
                .expectNextMatches(SendEvent.Progress.class::isInstance)
                .then(() -> assertThat(taken.get()).as("held at most").isLessThanOrEqualTo(100))
                .thenRequest(1)
                .expectNext(new Acked(new Ack(0, 10)))
                .then(() -> assertThat(taken.get()).isLessThanOrEqualTo(110))
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void cancellation_releasesCallAndSource() throws InterruptedException {
        TestPublisher<Example> source = TestPublisher.create();

        StepVerifier.create(sender().send(STREAM, source))
                .expectSubscription()
                .then(() -> await(source::wasSubscribed))
                .thenCancel()
                .verify(PATIENCE);

        assertThat(ingest.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
        source.assertCancelled();
    }

    @Test
    void pausedSource_isFlushed() {
        Sinks.Many<Example> source = Sinks.many().unicast().onBackpressureBuffer();

        StepVerifier.create(sender().send(STREAM, source.asFlux()))
                .then(() -> source.tryEmitNext(Example.text("text 0")).orThrow())
                .expectNext(new Ack(0, 1))
                .then(() -> source.tryEmitNext(Example.text("text 1")).orThrow())
                .expectNext(new Ack(1, 1))
                .then(() -> source.tryEmitComplete().orThrow())
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void untilSettled_endsWithTheSettledStatus() {
        sender().send(STREAM, examples(0, 40)).blockLast(PATIENCE);
        ingest.settled = 10;

        StepVerifier.create(
                        sender().untilSettled(STREAM).doOnNext(status -> ingest.settled = status.trainedThrough() + 15))
                .expectNextMatches(status -> status.trainedThrough() == 10)
                .expectNextMatches(status -> status.trainedThrough() == 25)
                .expectNextMatches(status -> status.trainedThrough() == 40 && status.heldOut() == 2)
                .expectComplete()
                .verify(PATIENCE);
    }
}
