package io.millrace.server.bench;

import java.util.Arrays;

/** Latencies, from which the slowest few are told. Several threads may add. */
final class Percentiles {
    private double[] millis = new double[1024];
    private int count;

    synchronized void add(long nanos) {
        if (count == millis.length) {
            millis = Arrays.copyOf(millis, 2 * count);
        }
        millis[count++] = nanos / 1e6;
    }

    synchronized int count() {
        return count;
    }

    /**
     * The latency that this share of them don't exceed, milliseconds; NaN if there are none.
     *
     * @param share such as 0.99
     */
    synchronized double of(double share) {
        double[] sorted = Arrays.copyOf(millis, count);
        Arrays.sort(sorted);
        return count == 0 ? Double.NaN : sorted[Math.min(count - 1, (int) Math.ceil(share * count) - 1)];
    }
}
