package io.millrace.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/**
 * How long to wait before trying again, and how often to try. The wait doubles from {@code first} to {@code longest}; half
 * of it is random, so that the clients of a restarted server don't come back all at once.
 *
 * @param attempts failures in a row after which to give up
 * @param random uniform in [0, 1)
 */
public record Backoff(Duration first, Duration longest, int attempts, DoubleSupplier random) {
    public Backoff {
        if (first.isNegative() || first.isZero() || longest.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "first is %s, longest %s; expected 0 < first <= longest".formatted(first, longest));
        }
        if (attempts < 0) {
            throw new IllegalArgumentException("attempts is %d; it must not be negative".formatted(attempts));
        }
    }

    /** From 100 ms to 15 s; gives up after about a quarter of an hour. */
    public static Backoff standard() {
        return new Backoff(
                Duration.ofMillis(100),
                Duration.ofSeconds(15),
                80,
                () -> ThreadLocalRandom.current().nextDouble());
    }

    /** @param failures failures in a row so far, at least 1 */
    Duration delay(int failures) {
        long doubled = first.toNanos() << Math.min(failures - 1, 20);
        long base = Math.min(doubled < 0 ? Long.MAX_VALUE : doubled, longest.toNanos());
        return Duration.ofNanos((long) (base * (0.5 + 0.5 * random.getAsDouble())));
    }

    boolean isExhausted(int failures) {
        return failures > attempts;
    }
}
