package io.millrace.trainer.method;

import ai.djl.ndarray.NDArray;
import java.util.OptionalDouble;

/** A mean that the program measures by adding to two numbers. */
final class RunningMean {
    private final NDArray total;
    private final NDArray count;
    private double totalBefore;
    private double countBefore;

    /**
     * @param total float64
     * @param count float64
     */
    RunningMean(NDArray total, NDArray count) {
        this.total = total;
        this.count = count;
    }

    /** Of what was added since the last call; empty if nothing was. */
    OptionalDouble take() {
        double totalNow = total.getDouble();
        double countNow = count.getDouble();
        OptionalDouble mean = countNow > countBefore
                ? OptionalDouble.of((totalNow - totalBefore) / (countNow - countBefore))
                : OptionalDouble.empty();
        totalBefore = totalNow;
        countBefore = countNow;
        return mean;
    }
}
