package io.millrace.client;

import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Tries again what failed because the server was away, and nothing else. */
final class Reconnection {
    private Reconnection() {}

    /** Counts the failures since the last element. */
    static Retry retry(Transport transport) {
        return Retry.from(signals -> signals.concatMap(signal -> {
            MillraceException failure = MillraceException.of(signal.failure());
            int failures = (int) signal.totalRetriesInARow() + 1;
            if (!failure.isInterruption() || transport.backoff().isExhausted(failures)) {
                return Mono.error(failure);
            }
            return Mono.delay(transport.backoff().delay(failures), transport.timer())
                    .doOnNext(now -> transport.reconnectNow().run());
        }));
    }
}
