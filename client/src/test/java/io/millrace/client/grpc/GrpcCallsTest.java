package io.millrace.client.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Int64Value;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class GrpcCallsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final NumbersServer server = new NumbersServer();
    private final GrpcCalls calls = server.calls();

    @AfterEach
    void stop() {
        server.close();
    }

    private static Flux<Int64Value> numbers(int count) {
        return Flux.range(0, count).map(Numbers::number);
    }

    @Test
    void requests_areEchoedInOrder() {
        StepVerifier.create(calls.bidirectional(Numbers.ECHO, numbers(5000)).map(Int64Value::getValue))
                .recordWith(ArrayList::new)
                .thenConsumeWhile(value -> true)
                .consumeRecordedWith(echoed -> assertThat(echoed)
                        .isEqualTo(numbers(5000)
                                .map(Int64Value::getValue)
                                .collectList()
                                .block()))
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void responses_comeAsAskedFor() {
        StepVerifier.create(calls.serverStream(Numbers.COUNT, Numbers.number(4)).map(Int64Value::getValue), 0)
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(50))
                .thenRequest(3)
                .expectNext(0L, 1L, 2L)
                .expectNoEvent(Duration.ofMillis(50))
                .thenRequest(1)
                .expectNext(3L)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void serverThatStopsReading_holdsBackTheRequests() throws InterruptedException {
        server.numbers.reading = 3;
        AtomicLong taken = new AtomicLong();
        Flux<Int64Value> endless = Flux.<Int64Value>generate(sink -> sink.next(Numbers.number(1)))
                .doOnNext(number -> taken.incrementAndGet());

        Disposable subscription = calls.bidirectional(Numbers.ECHO, endless).subscribe();

        assertThat(server.numbers.readAll.await(10, TimeUnit.SECONDS)).isTrue();
        subscription.dispose();
        assertThat(server.numbers.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(taken.get()).isBetween(3L, 4L);
    }

    @Test
    void cancellation_cancelsCallAndRequests() throws InterruptedException {
        CountDownLatch requestsCancelled = new CountDownLatch(1);
        Flux<Int64Value> endless = Flux.concat(numbers(1), Flux.never()).doOnCancel(requestsCancelled::countDown);

        StepVerifier.create(calls.bidirectional(Numbers.ECHO, endless))
                .expectNextCount(1)
                .thenCancel()
                .verify(PATIENCE);

        assertThat(server.numbers.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(requestsCancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void failedRequests_cancelTheCall() throws InterruptedException {
        StepVerifier.create(calls.bidirectional(Numbers.ECHO, Flux.error(new IllegalStateException("no more"))))
                .expectError(StatusRuntimeException.class)
                .verify(PATIENCE);

        assertThat(server.numbers.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void failedCall_endsTheResponses() {
        StepVerifier.create(calls.serverStream(Numbers.COUNT, Numbers.number(-1)))
                .expectErrorMessage("INVALID_ARGUMENT")
                .verify(PATIENCE);
    }
}
