package io.millrace.trainer.search;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * How the best subnet is found, after NOAH (https://arxiv.org/abs/2206.04673): each round's candidates descend from the best so far.
 *
 * @param population candidates in a round
 * @param parents the best of all, from which the next round descends
 * @param rounds after which the search ends; 0: before it began
 */
public record Evolution(SearchSpace space, int population, int parents, int rounds) {
    private static final int TRIES = 20;

    /** Candidates that the next round compares, none of which was among the best. Always the same for a state and a seed. */
    public List<Subnet> generation(SearchState state, long seed) {
        SplittableRandom random = new SplittableRandom(seed - 1 - state.round());
        List<Subnet> best = state.best().stream().map(Candidate::subnet).toList();
        Set<Subnet> found = new LinkedHashSet<>();
        if (best.isEmpty()) {
            found.add(space.uniform());
        }
        for (int tries = 0; found.size() < population && tries < TRIES * population; tries++) {
            Subnet next = next(best, random);
            if (!best.contains(next)) {
                found.add(next);
            }
        }
        return List.copyOf(found);
    }

    /** Mutations and crossovers alike. */
    private Subnet next(List<Subnet> best, SplittableRandom random) {
        if (best.isEmpty()) {
            return space.random(random);
        }
        Subnet parent = best.get(random.nextInt(best.size()));
        return random.nextBoolean()
                ? space.mutated(parent, random)
                : space.crossed(parent, best.get(random.nextInt(best.size())), random);
    }

    /** After a round. */
    public SearchState select(SearchState state, List<Candidate> scored) {
        List<Candidate> best = Stream.concat(state.best().stream(), scored.stream())
                .filter(candidate -> space.isWithinBudget(candidate.subnet()))
                .sorted(Comparator.comparingDouble(Candidate::loss))
                .limit(parents)
                .toList();
        return new SearchState(state.round() + 1, best, false);
    }

    /** What to train from now on: the best found within the budget; if nothing was compared, modules of equal sizes. */
    public Subnet chosen(SearchState state) {
        return state.best().stream()
                .map(Candidate::subnet)
                .filter(space::isWithinBudget)
                .findFirst()
                .orElseGet(space::uniform);
    }
}
