package io.millrace.server.bench;

import java.util.List;

/**
 * Which points of the growth curves are measured.
 *
 * @param shapes models, by size
 * @param shape the model that the other curves of a step are measured with
 * @param longest sequence, tokens; also the tokens of a step with it
 * @param ranks rising
 * @param adapters how many there are, rising
 */
record GrowthScope(
        List<ModelShape> shapes, ModelShape shape, int longest, List<Integer> ranks, List<Integer> adapters) {
    static final GrowthScope FULL = new GrowthScope(
            List.of(ModelShape.values()),
            ModelShape.MEDIUM,
            2048,
            List.of(1, 4, 16, 64, 256),
            List.of(1, 4, 16, 64, 256));

    /** Enough to see that it works. */
    static final GrowthScope QUICK =
            new GrowthScope(List.of(ModelShape.TINY), ModelShape.TINY, 128, List.of(1, 4), List.of(1, 3));
}
