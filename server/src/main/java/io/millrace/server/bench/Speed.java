package io.millrace.server.bench;

import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * How fast a workload is trained on: medians of rounds.
 *
 * @param tokensPerSecond sequences' own tokens
 * @param productsPerSecond tokens per second if a step were nothing but its products with frozen weights
 * @param ratio of the two, per round
 * @param forwardShare share of a step that a forward pass alone takes; absent: not measured
 */
record Speed(double tokensPerSecond, double productsPerSecond, double ratio, OptionalDouble forwardShare) {
    /** What one round took, seconds. */
    record Round(int tokens, double step, double products, OptionalDouble forward) {}

    static Speed of(List<Round> rounds) {
        boolean withForward = rounds.stream().allMatch(round -> round.forward().isPresent());
        return new Speed(
                median(rounds, round -> round.tokens() / round.step()),
                median(rounds, round -> round.tokens() / round.products()),
                median(rounds, round -> round.products() / round.step()),
                withForward
                        ? OptionalDouble.of(
                                median(rounds, round -> round.forward().getAsDouble() / round.step()))
                        : OptionalDouble.empty());
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> figure) {
        return Median.of(rounds.stream().map(figure::applyAsDouble).toList());
    }
}
