package io.millrace.trainer.pipeline;

import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.search.Candidate;
import io.millrace.trainer.search.SearchState;
import io.millrace.trainer.search.Subnet;
import io.millrace.trainer.search.Supernet;
import io.millrace.trainer.step.Learner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Training of a method that has a supernet: first parts drawn at random, then the search for the best of them, then that one
 * alone. A search that was cut short goes on from its last round, to the same end.
 */
final class SubnetSearch {
    /** Of what candidates are compared on: a score of so many takes about as long as a few steps. */
    private static final int MOST_TOKENS = 2_048;

    private static final Logger LOG = LoggerFactory.getLogger(SubnetSearch.class);

    private final AdapterName name;
    private final Supernet supernet;
    private final long seed;
    private final Learner learner;
    private final BiFunction<Optional<AdapterWeights>, List<Sequence>, List<ExampleLoss>> scorer;
    private final Deque<Subnet> waiting = new ArrayDeque<>();
    private final List<Candidate> scored = new ArrayList<>();
    private SearchState state;

    /** @param scorer losses of sequences under an adapter */
    SubnetSearch(
            AdapterName name,
            Supernet supernet,
            long seed,
            SearchState state,
            Learner learner,
            BiFunction<Optional<AdapterWeights>, List<Sequence>, List<ExampleLoss>> scorer) {
        this.name = name;
        this.supernet = supernet;
        this.seed = seed;
        this.state = state;
        this.learner = learner;
        this.scorer = scorer;
    }

    SearchState state() {
        return state;
    }

    /** Whether there is something to score before another step is taken. */
    boolean isDue(long step) {
        return !state.over() && step >= supernet.steps();
    }

    void beforeStep(long step) {
        if (!state.over()) {
            use(supernet.drawn(seed, step));
        }
    }

    private void use(Subnet subnet) {
        learner.set(supernet.place(), subnet.flat());
    }

    /**
     * Scores one candidate.
     *
     * @param judges what nobody was trained on, the newest first
     * @return whether a round has ended, or the search
     */
    boolean scoreNext(List<Member> judges) {
        if (state.round() >= supernet.evolution().rounds()) {
            end();
            return true;
        }
        if (waiting.isEmpty()) {
            waiting.addAll(supernet.evolution().generation(state, seed));
        }
        Optional.ofNullable(waiting.pollFirst()).ifPresent(next -> {
            use(next);
            double loss = loss(judges);
            if (Double.isFinite(loss)) {
                scored.add(new Candidate(next, loss));
            }
        });
        if (!waiting.isEmpty()) {
            return false;
        }
        state = supernet.evolution().select(state, scored);
        scored.clear();
        LOG.info("{}: {}", name, activity(supernet.steps()));
        return true;
    }

    private double loss(List<Member> judges) {
        List<Sequence> sequences = new ArrayList<>();
        int tokens = 0;
        for (Member member : judges) {
            tokens += member.sequence().length();
            if (sequences.isEmpty() || tokens <= MOST_TOKENS) {
                sequences.add(member.sequence());
            }
        }
        List<ExampleLoss> losses = scorer.apply(Optional.of(learner.average()), sequences);
        return losses.stream().mapToDouble(ExampleLoss::sum).sum()
                / losses.stream().mapToDouble(ExampleLoss::weight).sum();
    }

    private void end() {
        Subnet chosen = supernet.evolution().chosen(state);
        use(chosen);
        state = new SearchState(state.round(), state.best(), true);
        LOG.info("{}: the search is over; chosen: {}", name, supernet.space().metrics(chosen));
    }

    /** In words; empty: it is over. */
    String activity(long step) {
        if (state.over()) {
            return "";
        }
        if (step < supernet.steps()) {
            return "training parts of the supernet at random, step %d of %d".formatted(step, supernet.steps());
        }
        String best = state.winner()
                .map(winner -> String.format(
                        Locale.ROOT,
                        "; best loss %.4f with %d parameters",
                        winner.loss(),
                        supernet.space().parameters(winner.subnet())))
                .orElse("");
        int all = scored.size() + waiting.size();
        return "searching, %d of %d rounds done%s%s"
                .formatted(
                        state.round(),
                        supernet.evolution().rounds(),
                        all == 0 ? "" : ", %d of %d candidates of the next scored".formatted(scored.size(), all),
                        best);
    }

    /** Of what is in use; empty before the end of the search. */
    Map<String, Double> metrics() {
        return state.over() && state.winner().isPresent()
                ? supernet.space().metrics(supernet.evolution().chosen(state))
                : Map.of();
    }
}
