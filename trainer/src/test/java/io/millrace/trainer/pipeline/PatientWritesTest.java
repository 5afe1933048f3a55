package io.millrace.trainer.pipeline;

import io.millrace.trainer.log.StorageException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class PatientWritesTest {
    private static final StorageException FULL =
            StorageException.of(Path.of("file"), new IOException("No space left on device"));
    private static final StorageException FAILED = StorageException.of(Path.of("file"), new IOException("I/O error"));

    private final Sinks.Empty<Void> stop = Sinks.empty();

    @Test
    void fault21_fullDisk_isWaitedFor() {
        AtomicInteger tries = new AtomicInteger();
        Mono<String> write = Mono.fromCallable(() -> {
            if (tries.incrementAndGet() < 100) {
                throw FULL;
            }
            return "written";
        });
        StepVerifier.withVirtualTime(() -> write(write))
                .expectSubscription()
                .expectNoEvent(PatientWrites.PAUSE.multipliedBy(98))
                .thenAwait(PatientWrites.PAUSE)
                .expectNext("written")
                .expectComplete()
                .verify(Duration.ofSeconds(10));
    }

    @Test
    void fault22_failedDisk_isNotTriedAgain() {
        AtomicInteger tries = new AtomicInteger();
        StepVerifier.create(write(Mono.error(() -> tries.incrementAndGet() == 1 ? FAILED : FULL)))
                .verifyErrorMatches(FAILED::equals);
    }

    @Test
    void stop_endsTheWaiting() {
        StepVerifier.withVirtualTime(() -> write(Mono.error(FULL)))
                .expectSubscription()
                .expectNoEvent(PatientWrites.PAUSE.multipliedBy(3))
                .then(stop::tryEmitEmpty)
                .expectComplete()
                .verify(Duration.ofSeconds(10));
    }

    @Test
    void writesAfterTheStop_areTriedOnce() {
        stop.tryEmitEmpty();
        StepVerifier.create(write(Mono.just("written"))).expectNext("written").verifyComplete();
        StepVerifier.create(write(Mono.error(FULL))).verifyComplete();
    }

    private <T> Mono<T> write(Mono<T> write) {
        return new PatientWrites(stop.asMono(), Schedulers.parallel()).write(write);
    }
}
