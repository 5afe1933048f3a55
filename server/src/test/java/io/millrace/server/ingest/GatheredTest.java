package io.millrace.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class GatheredTest {
    private final TestPublisher<Integer> source = TestPublisher.create();
    private final Flux<List<Integer>> gathered = new Gathered<>(source.flux(), item -> item, () -> 10);

    @Test
    void itemsThatComeWhileTheSubscriberIsBusy_areHandedOnAsOneList() {
        StepVerifier.create(gathered, 1)
                .then(() -> source.next(1))
                .expectNext(List.of(1))
                .then(() -> source.next(2, 3, 4))
                .thenRequest(1)
                .expectNext(List.of(2, 3, 4))
                .thenRequest(1)
                .then(() -> source.next(5))
                .expectNext(List.of(5))
                .then(source::complete)
                .verifyComplete();
    }

    @Test
    void noMoreIsAskedFor_onceThoseThatWaitWeighAsMuchAsTheBound() {
        long[] requested = {0};
        Flux<Integer> counted = source.flux().doOnRequest(n -> requested[0] += n);
        StepVerifier.create(new Gathered<>(counted, item -> item, () -> 10), 0)
                .then(() -> source.next(6))
                .then(() -> assertThat(requested[0]).isEqualTo(2))
                .then(() -> source.next(4))
                .then(() -> assertThat(requested[0]).isEqualTo(2))
                .thenRequest(1)
                .expectNext(List.of(6, 4))
                .then(() -> assertThat(requested[0]).isEqualTo(3))
                .thenCancel()
                .verify();
    }

    @Test
    void end_comesAfterWhatWaited() {
        StepVerifier.create(gathered, 0)
                .then(() -> source.next(1, 2))
                .then(source::complete)
                .thenRequest(1)
                .expectNext(List.of(1, 2))
                .verifyComplete();
    }

    @Test
    void failure_comesAfterWhatWaited() {
        StepVerifier.create(gathered, 0)
                .then(() -> source.next(1))
                .then(() -> source.error(new IllegalStateException("the client gave up")))
                .thenRequest(1)
                .expectNext(List.of(1))
                .verifyErrorMessage("the client gave up");
    }
}
