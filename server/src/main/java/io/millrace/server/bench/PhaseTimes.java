package io.millrace.server.bench;

import io.millrace.trainer.step.Phase;
import io.millrace.trainer.step.Phase.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * Where a stream's time went.
 *
 * @param seconds from the first append until the last example was settled
 * @param byKind seconds
 * @param steps optimiser steps taken
 */
record PhaseTimes(double seconds, Map<Kind, Double> byKind, long steps) {
    /** On threads of their own, while the training thread trains. */
    static final Set<Kind> BESIDE_TRAINING = Set.of(Kind.TOKENISE, Kind.COMMIT);

    private static final Set<Kind> TRAINING = Set.of(Kind.PACK, Kind.GRADIENTS, Kind.OPTIMISE);

    PhaseTimes {
        byKind = Collections.unmodifiableMap(new EnumMap<>(byKind));
    }

    /** Has the recording record phases. */
    static void record(Recording recording) {
        recording.enable(Phase.EVENT).withThreshold(Duration.ZERO);
    }

    /**
     * @param recording a stopped one
     * @param file where it may be written
     */
    static PhaseTimes read(Recording recording, Path file, double seconds) throws IOException {
        recording.dump(file);
        Map<Kind, Double> byKind = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            byKind.put(kind, 0.0);
        }
        long steps = 0;
        for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
            if (event.getEventType().getName().equals(Phase.EVENT)) {
                Kind kind = Kind.valueOf(event.getString(Phase.KIND).toUpperCase(Locale.ROOT));
                byKind.merge(kind, event.getDuration().toNanos() / 1e9, Double::sum);
                steps += kind == Kind.OPTIMISE ? 1 : 0;
            }
        }
        return new PhaseTimes(seconds, byKind, steps);
    }

    double of(Kind kind) {
        return byKind.getOrDefault(kind, 0.0);
    }

    /** What the training thread did none of the phases in: waiting for the first batch, bookkeeping. */
    double otherSeconds() {
        return seconds
                - byKind.entrySet().stream()
                        .filter(phase -> !BESIDE_TRAINING.contains(phase.getKey()))
                        .mapToDouble(Map.Entry::getValue)
                        .sum();
    }

    /** Share of the time in which the training thread took no step. */
    double notTrainingShare() {
        return 1 - TRAINING.stream().mapToDouble(this::of).sum() / seconds;
    }
}
