package io.millrace.trainer.search;

import java.util.List;

/**
 * A kind of module that every block may have.
 *
 * @param name in metrics
 * @param sizes to choose from, smallest first
 * @param unit parameters that a size of one takes in a block
 * @param base parameters that a block takes besides, if it has the module at all
 */
public record Part(String name, List<Integer> sizes, int unit, int base) {
    public Part {
        sizes = List.copyOf(sizes);
        if (sizes.isEmpty() || sizes.get(0) < 1) {
            throw new IllegalArgumentException("sizes of %s are %s; they must be 1 or more".formatted(name, sizes));
        }
    }

    long parameters(List<Integer> perBlock) {
        return perBlock.stream()
                .mapToLong(size -> size == 0 ? 0 : (long) size * unit + base)
                .sum();
    }

    int largest() {
        return sizes.get(sizes.size() - 1);
    }
}
