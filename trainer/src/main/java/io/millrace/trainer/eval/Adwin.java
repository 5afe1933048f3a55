package io.millrace.trainer.eval;

import java.util.ArrayList;
import java.util.List;

/**
 * Adaptive windowing: detects that the mean of a stream has changed, by comparing all splits of a window of recent values
 * that is kept as an exponential histogram.
 * <a href="https://doi.org/10.1137/1.9781611972771.42">Bifet and Gavaldà 2007</a>.
 *
 * <p>Memory grows with the logarithm of the window. Values should be bounded; losses are cut at 2 ln V by the guard.
 */
public final class Adwin {
    /** Buckets of one size before the two oldest are merged; the paper's M. */
    private static final int BUCKETS_PER_SIZE = 5;

    private static final int SHORTEST_SIDE = 5;

    /** What the window's newer side says against its older side. */
    public enum Change {
        NONE,
        ROSE,
        FELL
    }

    /** So many consecutive values and what they add up to. */
    public record Bucket(long count, double sum, double squares) {
        Bucket plus(Bucket other) {
            return new Bucket(count + other.count, sum + other.sum, squares + other.squares);
        }
    }

    private final double delta;
    private final List<Bucket> buckets;

    /** @param delta probability of a false alarm, 0.002 in the paper */
    public Adwin(double delta) {
        this(delta, List.of());
    }

    /** @param buckets of an earlier {@link #buckets()}, to go on from there */
    public Adwin(double delta, List<Bucket> buckets) {
        this.delta = delta;
        this.buckets = new ArrayList<>(buckets);
    }

    /** The whole state, oldest first. */
    public List<Bucket> buckets() {
        return List.copyOf(buckets);
    }

    /** Adds a value; after a change the older side of the window is forgotten. */
    public Change add(double value) {
        buckets.add(new Bucket(1, value, value * value));
        compress();
        Change change = Change.NONE;
        for (int cut = latestCut(); cut > 0; cut = latestCut()) {
            Bucket older = total(0, cut);
            Bucket newer = total(cut, buckets.size());
            change = newer.sum() / newer.count() > older.sum() / older.count() ? Change.ROSE : Change.FELL;
            buckets.subList(0, cut).clear();
        }
        return change;
    }

    private void compress() {
        int end = buckets.size();
        while (end > 0) {
            long size = buckets.get(end - 1).count();
            int start = end;
            while (start > 0 && buckets.get(start - 1).count() == size) {
                start--;
            }
            if (end - start > BUCKETS_PER_SIZE) {
                buckets.set(start, buckets.get(start).plus(buckets.get(start + 1)));
                buckets.remove(start + 1);
                end = start + 1;
            } else {
                end = start;
            }
        }
    }

    /** Index of the newest bucket such that the window before it differs from the rest; 0: no such. */
    private int latestCut() {
        Bucket all = total(0, buckets.size());
        double variance = Math.max(all.squares() / all.count() - Math.pow(all.sum() / all.count(), 2), 0);
        double confidence = Math.log(2 * Math.log(Math.max(all.count(), 3)) / delta);
        Bucket newer = new Bucket(0, 0, 0);
        for (int cut = buckets.size() - 1; cut > 0; cut--) {
            newer = newer.plus(buckets.get(cut));
            long olderCount = all.count() - newer.count();
            if (newer.count() < SHORTEST_SIDE || olderCount < SHORTEST_SIDE) {
                continue;
            }
            double harmonic = 1.0 / newer.count() + 1.0 / olderCount;
            double bound = Math.sqrt(2 * harmonic * variance * confidence) + 2.0 / 3 * harmonic * confidence;
            double difference = newer.sum() / newer.count() - (all.sum() - newer.sum()) / olderCount;
            if (Math.abs(difference) > bound) {
                return cut;
            }
        }
        return 0;
    }

    private Bucket total(int from, int to) {
        return buckets.subList(from, to).stream().reduce(new Bucket(0, 0, 0), Bucket::plus);
    }
}
