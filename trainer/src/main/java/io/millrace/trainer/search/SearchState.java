package io.millrace.trainer.search;

import java.util.List;
import java.util.Optional;

/**
 * How far a search has come, as of a commit.
 *
 * @param round rounds that have ended
 * @param best candidates of all rounds, the best first: parents of the next round
 * @param over whether the choice is made
 */
public record SearchState(int round, List<Candidate> best, boolean over) {
    public static final SearchState START = new SearchState(0, List.of(), false);

    /** For weights of which it is known what is in use. */
    public static final SearchState OVER = new SearchState(0, List.of(), true);

    public SearchState {
        best = List.copyOf(best);
    }

    public Optional<Candidate> winner() {
        return best.stream().findFirst();
    }
}
