package io.millrace.trainer.search;

import java.util.SplittableRandom;

/**
 * Modules whose first ranks, channels and virtual tokens can be used alone: all subnets share their weights.
 *
 * @param steps optimiser steps, each with a subnet drawn at random, before the search
 * @param place of the sizes in use, part by part, in the layout of what is trained
 */
public record Supernet(Evolution evolution, int steps, int place) {
    public SearchSpace space() {
        return evolution.space();
    }

    /** What is in use in a step before the search. */
    public Subnet drawn(long seed, long step) {
        return space().any(new SplittableRandom(seed + step));
    }
}
