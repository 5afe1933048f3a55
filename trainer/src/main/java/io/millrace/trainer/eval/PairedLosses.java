package io.millrace.trainer.eval;

import java.util.Arrays;

/**
 * Mean losses per trained token (nats) of the same examples under two versions of an adapter.
 *
 * @param live under the published revision
 * @param candidate under the weights that might replace it
 */
public record PairedLosses(double[] live, double[] candidate) {
    public static final PairedLosses NONE = new PairedLosses(new double[0], new double[0]);

    public PairedLosses {
        if (live.length != candidate.length) {
            throw new IllegalArgumentException("%d live losses, %d of the candidate; they must be as many"
                    .formatted(live.length, candidate.length));
        }
    }

    public int size() {
        return live.length;
    }

    /** Mean of live − candidate: above 0 where the candidate is better. */
    public double gain() {
        double sum = 0;
        for (int i = 0; i < size(); i++) {
            sum += live[i] - candidate[i];
        }
        return sum / size();
    }

    /** Standard error of {@link #gain()}: sample deviation / √n; infinite below two examples. */
    public double standardError() {
        if (size() < 2) {
            return Double.POSITIVE_INFINITY;
        }
        double mean = gain();
        double squares = 0;
        for (int i = 0; i < size(); i++) {
            double deviation = live[i] - candidate[i] - mean;
            squares += deviation * deviation;
        }
        return Math.sqrt(squares / (size() - 1) / size());
    }

    /** Whether the candidate gains more than one standard error. */
    public boolean isBetter() {
        return gain() > standardError();
    }

    /**
     * How likely chance alone would make the candidate better on at least as many examples as it is: the one-sided sign test,
     * which doesn't mind how unlike the differences are.
     */
    public double signTest() {
        int better = 0;
        for (int i = 0; i < size(); i++) {
            better += candidate[i] < live[i] ? 1 : 0;
        }
        double ways = 0;
        double waysToHave = 1;
        for (int have = size(); have >= better; have--) {
            ways += waysToHave;
            waysToHave *= (double) have / (size() - have + 1);
        }
        return ways / Math.pow(2, size());
    }

    /** Median of candidate − live: how much worse the candidate makes the typical example; below 0 where it is better. */
    public double medianHarm() {
        double[] harm = new double[size()];
        for (int i = 0; i < harm.length; i++) {
            harm[i] = candidate[i] - live[i];
        }
        Arrays.sort(harm);
        int middle = harm.length / 2;
        return harm.length % 2 == 1 ? harm[middle] : (harm[middle - 1] + harm[middle]) / 2;
    }

    public double liveMean() {
        return Arrays.stream(live).average().orElse(Double.NaN);
    }

    public double candidateMean() {
        return Arrays.stream(candidate).average().orElse(Double.NaN);
    }
}
