package io.millrace.trainer.pipeline;

import io.millrace.trainer.log.StorageException;
import java.time.Duration;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;
import reactor.util.retry.Retry.RetrySignal;

/** The trainer's writes wait while the disk is full or another program holds the database: training stalls and doesn't end. */
final class PatientWrites {
    static final Duration PAUSE = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(PatientWrites.class);

    private final Publisher<?> stop;
    private final Scheduler scheduler;

    /**
     * @param stop after it, nothing is waited for: what isn't written by then is repeated after the next start
     * @param scheduler where is waited and tried again
     */
    PatientWrites(Publisher<?> stop, Scheduler scheduler) {
        this.stop = stop;
        this.scheduler = scheduler;
    }

    /** Tries the write until it succeeds; completes empty when it is given up. Other failures are passed on. */
    <T> Mono<T> write(Mono<T> write) {
        return write.retryWhen(Retry.from(failures -> failures.concatMap(this::pause)))
                .onErrorComplete(PatientWrites::passes);
    }

    private Mono<?> pause(RetrySignal failed) {
        if (!passes(failed.failure())) {
            return Mono.error(failed.failure());
        }
        if (failed.totalRetriesInARow() == 0) {
            LOG.warn("training waits: {}", failed.failure().getMessage());
        }
        return Mono.delay(PAUSE, scheduler).takeUntilOther(stop).switchIfEmpty(Mono.error(failed.failure()));
    }

    private static boolean passes(Throwable failure) {
        return failure instanceof StorageException.Full || failure instanceof StorageException.Busy;
    }
}
