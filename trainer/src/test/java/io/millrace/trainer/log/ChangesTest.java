package io.millrace.trainer.log;

import static io.millrace.trainer.log.TestDirectories.ADAPTER;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.example.AdapterName;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

class ChangesTest {
    private final Changes changes = new Changes();

    private void announceExamples() {
        changes.announce(Changes.Topic.EXAMPLES, ADAPTER);
    }

    @Test
    void subscriber_getsOneSignalAtOnceAndOnePerChange() {
        StepVerifier.create(changes.of(Changes.Topic.EXAMPLES, ADAPTER))
                .expectNext(ADAPTER)
                .then(this::announceExamples)
                .expectNext(ADAPTER)
                .then(changes::close)
                .verifyComplete();
    }

    @Test
    void signalsWithoutDemand_areMergedButTheLastChangeIsNeverMissed() {
        StepVerifier.create(changes.of(Changes.Topic.EXAMPLES, ADAPTER), 0)
                .expectSubscription()
                .then(() -> {
                    for (int i = 0; i < 10_000; i++) {
                        announceExamples();
                    }
                    changes.close();
                })
                .thenRequest(Long.MAX_VALUE)
                .expectNextCount(2) // the one on its way, and one for all that followed
                .verifyComplete();
    }

    @Test
    void changesOfOthers_areNotSignalled() {
        StepVerifier.create(changes.of(Changes.Topic.EXAMPLES, ADAPTER))
                .expectNext(ADAPTER)
                .then(() -> {
                    changes.announce(Changes.Topic.REVISIONS, ADAPTER);
                    changes.announce(Changes.Topic.EXAMPLES, AdapterName.parse("tenants/t/adapters/b"));
                    changes.close();
                })
                .verifyComplete();
    }

    @Test
    void cancelledSubscriber_isForgotten() {
        StepVerifier.create(changes.of(Changes.Topic.EXAMPLES, ADAPTER))
                .expectNextCount(1)
                .then(() -> assertThat(changes.subscriberCount()).isOne())
                .thenCancel()
                .verify();

        assertThat(changes.subscriberCount()).isZero();
    }
}
