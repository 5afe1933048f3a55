package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;
import java.time.Instant;
import java.util.Optional;

/**
 * An adapter as its owner sees it.
 *
 * @param config a JSON object as text: the method and how it is trained
 * @param seed chosen at random when it was created; all its randomness is a function of it
 * @param pausedBecause the reason, when training is paused
 * @param etag changes with every change, and never comes twice for a name
 */
public record Adapter(
        AdapterName name, String config, long seed, Optional<String> pausedBecause, Instant created, String etag) {
    public boolean isPaused() {
        return pausedBecause.isPresent();
    }
}
