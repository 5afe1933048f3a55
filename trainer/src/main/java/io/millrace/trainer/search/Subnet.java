package io.millrace.trainer.search;

import java.util.List;

/**
 * What of a supernet is in use.
 *
 * @param sizes of each part of a {@link SearchSpace} in turn: one number per block, 0 where the block has nothing of it
 */
public record Subnet(List<List<Integer>> sizes) {
    public Subnet {
        sizes = sizes.stream().map(List::copyOf).toList();
    }

    /** All sizes, part by part. */
    public float[] flat() {
        float[] flat = new float[sizes.stream().mapToInt(List::size).sum()];
        int place = 0;
        for (List<Integer> part : sizes) {
            for (int size : part) {
                flat[place++] = size;
            }
        }
        return flat;
    }
}
