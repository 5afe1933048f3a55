package io.millrace.trainer.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.trainer.eval.Adwin;
import io.millrace.trainer.search.SearchState;
import java.util.List;
import java.util.Objects;

/**
 * What a run knows beyond weights and moments, as of a commit.
 *
 * @param step optimiser steps taken
 * @param batch number of the last batch settled
 * @param through place in the log of the last example settled
 * @param reservoir what replay is drawn from
 * @param holdout places in the log of the held-out examples that judge, oldest first
 * @param losses the drift detector's window over the losses per example
 * @param warmupFrom optimiser step at which the rate last began to rise
 * @param shiftAt place in the log where the last detected shift began; 0: none
 * @param shiftUntil optimiser step until which replay stays raised after it
 * @param known places in the log of the examples that the live revision was judged by
 * @param tokens trained tokens so far
 * @param search for the best part of a supernet, where the method trains one
 */
record RunState(
        long step,
        long batch,
        long through,
        Reservoir.Snapshot reservoir,
        List<Long> holdout,
        List<Adwin.Bucket> losses,
        long warmupFrom,
        long shiftAt,
        long shiftUntil,
        List<Long> known,
        long tokens,
        SearchState search) {
    static final RunState START = new RunState(
            0, 0, 0, Reservoir.Snapshot.EMPTY, List.of(), List.of(), 0, 0, 0, List.of(), 0, SearchState.START);

    private static final ObjectMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    RunState {
        holdout = List.copyOf(holdout);
        losses = List.copyOf(losses);
        known = List.copyOf(known);
        // commits of older versions say nothing of it
        search = Objects.requireNonNullElse(search, SearchState.START);
    }

    RunState judgedBy(List<Long> examples) {
        return new RunState(
                step,
                batch,
                through,
                reservoir,
                holdout,
                losses,
                warmupFrom,
                shiftAt,
                shiftUntil,
                examples,
                tokens,
                search);
    }

    RunState searched(SearchState newest) {
        return new RunState(
                step,
                batch,
                through,
                reservoir,
                holdout,
                losses,
                warmupFrom,
                shiftAt,
                shiftUntil,
                known,
                tokens,
                newest);
    }

    /**
     * For other weights than those that these losses were measured with: the rate warms up again, shifts are forgotten, and
     * what was held out since the live revision was judged judges nobody, since it may be what was wrong.
     */
    RunState startedOver() {
        List<Long> trusted = known.isEmpty()
                ? holdout
                : holdout.stream()
                        .filter(seq -> seq <= known.get(known.size() - 1))
                        .toList();
        return new RunState(step, batch, through, reservoir, trusted, List.of(), step, 0, 0, known, tokens, search);
    }

    String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws IllegalArgumentException if the text is no run state */
    static RunState parse(String json) {
        try {
            return JSON.readValue(json, RunState.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("run state is damaged: " + e.getOriginalMessage(), e);
        }
    }
}
