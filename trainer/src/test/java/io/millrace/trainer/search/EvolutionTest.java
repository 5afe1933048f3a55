package io.millrace.trainer.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class EvolutionTest {
    private static final int BLOCKS = 8;

    private static Evolution evolution(long budget) {
        Part part = new Part("part", List.of(1, 5, 10), 1, 0);
        return new Evolution(new SearchSpace(List.of(part, part), BLOCKS, budget), 20, 4, 6);
    }

    /** Far from a target that is no subnet of equal sizes. */
    private static Candidate score(Subnet subnet) {
        List<Integer> target = List.of(10, 1, 10, 1, 0, 0, 0, 0);
        double distance = 0;
        for (int block = 0; block < BLOCKS; block++) {
            distance += Math.abs(subnet.sizes().get(0).get(block) - target.get(block));
            distance += Math.abs(subnet.sizes().get(1).get(block) - target.get(block));
        }
        return new Candidate(subnet, distance);
    }

    private static SearchState run(Evolution evolution, long seed, int rounds) {
        SearchState state = SearchState.START;
        while (state.round() < rounds) {
            state = evolution.select(
                    state,
                    evolution.generation(state, seed).stream()
                            .map(EvolutionTest::score)
                            .toList());
        }
        return state;
    }

    @Test
    void rounds_comeCloser() {
        double first = run(evolution(1000), 1, 1).winner().orElseThrow().loss();
        double last = run(evolution(1000), 1, 12).winner().orElseThrow().loss();
        assertThat(last).isLessThan(first / 2);
    }

    @Test
    void sameSeedAndState_giveTheSameRound_othersDont() {
        SearchState state = run(evolution(1000), 1, 2);
        assertThat(evolution(1000).generation(state, 1))
                .isEqualTo(evolution(1000).generation(state, 1));
        assertThat(evolution(1000).generation(state, 2))
                .isNotEqualTo(evolution(1000).generation(state, 1));
    }

    @Test
    void round_hasAsManyNewCandidatesAsWished() {
        SearchState state = run(evolution(1000), 1, 3);
        assertThat(evolution(1000).generation(state, 1))
                .hasSize(20)
                .doesNotHaveDuplicates()
                .doesNotContainAnyElementsOf(
                        state.best().stream().map(Candidate::subnet).toList());
    }

    @Test
    void budgetThatFell_leavesTheBestWithinIt() {
        SearchState state = run(evolution(1000), 1, 6);
        Evolution poorer = evolution(20);
        assertThat(poorer.space().isWithinBudget(evolution(1000).chosen(state))).isFalse();
        assertThat(poorer.space().isWithinBudget(poorer.chosen(state))).isTrue();
    }

    @Test
    void searchThatNeverBegan_choosesEqualSizes() {
        assertThat(evolution(1000).chosen(SearchState.START))
                .isEqualTo(evolution(1000).space().largest());
    }
}
