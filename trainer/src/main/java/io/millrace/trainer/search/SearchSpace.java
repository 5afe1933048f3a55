package io.millrace.trainer.search;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * All subnets: of each part the lowest quarter, half, three quarters or all of the blocks have it, each in a size of its own.
 * Mutation and crossover follow NOAH (https://arxiv.org/abs/2206.04673), whose mutation changes depths alone.
 *
 * @param blocks of the model
 * @param budget most parameters that a subnet may have
 */
public record SearchSpace(List<Part> parts, int blocks, long budget) {
    private static final int TRIES = 100;
    private static final double CHANGED_DEPTHS = 0.4;
    private static final double CHANGED_SIZES = 0.2;

    public SearchSpace {
        parts = List.copyOf(parts);
    }

    public long parameters(Subnet subnet) {
        return IntStream.range(0, parts.size())
                .mapToLong(i -> parts.get(i).parameters(subnet.sizes().get(i)))
                .sum();
    }

    /** How a subnet looks: its parameters, and of each part the mean size over all blocks. */
    public Map<String, Double> metrics(Subnet subnet) {
        Map<String, Double> metrics = new TreeMap<>();
        metrics.put("subnet_parameters", (double) parameters(subnet));
        for (int i = 0; i < parts.size(); i++) {
            List<Integer> sizes = subnet.sizes().get(i);
            metrics.put(
                    "subnet_" + parts.get(i).name(),
                    sizes.stream().mapToInt(Integer::intValue).average().orElse(0));
        }
        return metrics;
    }

    public boolean isWithinBudget(Subnet subnet) {
        return parameters(subnet) <= budget;
    }

    public Subnet largest() {
        return new Subnet(
                parts.stream().map(part -> filled(part.largest(), blocks)).toList());
    }

    public Subnet smallest() {
        return new Subnet(parts.stream()
                .map(part -> filled(part.sizes().get(0), depths().get(0)))
                .toList());
    }

    /** The largest within the budget, or the smallest of all, that has every part equally often and in the same of its sizes. */
    Subnet uniform() {
        Subnet best = smallest();
        int sizes = parts.stream().mapToInt(part -> part.sizes().size()).max().orElse(0);
        for (int depth : depths()) {
            for (int i = 0; i < sizes; i++) {
                Subnet next = uniform(depth, i);
                if (isWithinBudget(next) && parameters(next) >= parameters(best)) {
                    best = next;
                }
            }
        }
        return best;
    }

    private Subnet uniform(int depth, int size) {
        return new Subnet(parts.stream()
                .map(part -> filled(part.sizes().get(Math.min(size, part.sizes().size() - 1)), depth))
                .toList());
    }

    private List<Integer> filled(int size, int depth) {
        List<Integer> perBlock = new ArrayList<>(Collections.nCopies(depth, size));
        perBlock.addAll(Collections.nCopies(blocks - depth, 0));
        return perBlock;
    }

    private List<Integer> depths() {
        return IntStream.rangeClosed(1, 4)
                .map(quarters -> (blocks * quarters + 3) / 4)
                .distinct()
                .boxed()
                .toList();
    }

    /** Any, whatever it takes. */
    public Subnet any(SplittableRandom random) {
        return new Subnet(parts.stream()
                .map(part -> drawn(part, List.of(), pick(depths(), random), random))
                .toList());
    }

    /** One within the budget. */
    Subnet random(SplittableRandom random) {
        return withinBudget(() -> any(random));
    }

    Subnet mutated(Subnet parent, SplittableRandom random) {
        return withinBudget(() -> new Subnet(IntStream.range(0, parts.size())
                .mapToObj(i -> mutated(parts.get(i), parent.sizes().get(i), random))
                .toList()));
    }

    private List<Integer> mutated(Part part, List<Integer> before, SplittableRandom random) {
        List<Integer> present = before.stream().filter(size -> size > 0).toList();
        int depth = random.nextDouble() < CHANGED_DEPTHS ? pick(depths(), random) : present.size();
        return drawn(part, present, depth, random);
    }

    /** Each part as one of the parents has it. */
    Subnet crossed(Subnet one, Subnet other, SplittableRandom random) {
        return withinBudget(() -> new Subnet(IntStream.range(0, parts.size())
                .mapToObj(i -> (random.nextBoolean() ? one : other).sizes().get(i))
                .toList()));
    }

    /** @param before sizes of the lowest blocks, most of which stay */
    private List<Integer> drawn(Part part, List<Integer> before, int depth, SplittableRandom random) {
        List<Integer> perBlock = new ArrayList<>(Collections.nCopies(blocks, 0));
        for (int block = 0; block < depth; block++) {
            boolean stays = block < before.size() && random.nextDouble() >= CHANGED_SIZES;
            perBlock.set(block, stays ? before.get(block) : pick(part.sizes(), random));
        }
        return perBlock;
    }

    private Subnet withinBudget(Supplier<Subnet> draw) {
        for (int i = 0; i < TRIES; i++) {
            Subnet drawn = draw.get();
            if (isWithinBudget(drawn)) {
                return drawn;
            }
        }
        return uniform();
    }

    private static int pick(List<Integer> from, SplittableRandom random) {
        return from.get(random.nextInt(from.size()));
    }
}
