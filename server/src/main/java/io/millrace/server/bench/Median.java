package io.millrace.server.bench;

import java.util.Collection;
import java.util.List;

/** The middle of measurements: a few that something disturbed don't move it. */
public final class Median {
    private Median() {}

    /**
     * Of an even number of values, the mean of the two in the middle.
     *
     * @param values at least one
     */
    public static double of(Collection<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("no values have no median");
        }
        List<Double> sorted = values.stream().sorted().toList();
        return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
    }
}
