package io.millrace.client;

import java.time.Instant;

/**
 * An adapter on a server.
 *
 * @param name {@code tenants/{t}/adapters/{a}}
 * @param configJson the method and how it is trained, complete: a JSON object as text
 * @param stateReason why it is paused, when it is; else empty
 * @param revision newest published revision; 0: none yet
 * @param steps optimiser steps taken
 * @param activity what training is at, in words, where it doesn't just take steps; else empty
 */
public record Adapter(
        String name,
        String configJson,
        State state,
        String stateReason,
        long revision,
        long steps,
        Instant createTime,
        String activity) {
    /** UNKNOWN: one that this client's version doesn't know. */
    public enum State {
        UNKNOWN,
        ACTIVE,
        PAUSED
    }

    static Adapter of(io.millrace.v1.Adapter adapter) {
        State state = switch (adapter.getState()) {
            case STATE_ACTIVE -> State.ACTIVE;
            case STATE_PAUSED -> State.PAUSED;
            case STATE_UNSPECIFIED, UNRECOGNIZED -> State.UNKNOWN;
        };
        return new Adapter(
                adapter.getName(),
                adapter.getConfigJson(),
                state,
                adapter.getStateReason(),
                adapter.getRevision(),
                adapter.getSteps(),
                Checkpoint.instant(adapter.getCreateTime()),
                adapter.getActivity());
    }
}
