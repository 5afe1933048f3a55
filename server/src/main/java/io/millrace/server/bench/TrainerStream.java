package io.millrace.server.bench;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.AppendOutcome;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.pipeline.Creation;
import io.millrace.trainer.pipeline.OnlineTrainer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A stream into an adapter of a trainer in this process. */
final class TrainerStream {
    private static final Duration LIMIT = Duration.ofMinutes(30);

    private final OnlineTrainer trainer;
    private final StreamName stream;
    private long sent;

    private TrainerStream(OnlineTrainer trainer, StreamName stream) {
        this.trainer = trainer;
        this.stream = stream;
    }

    /** Creates the adapter. */
    static TrainerStream create(OnlineTrainer trainer, AdapterName adapter, String config) {
        Creation creation = trainer.create(adapter, config, Map.of(), Optional.empty(), false)
                .block();
        if (!(creation instanceof Creation.Done)) {
            throw new IllegalStateException("no adapter to measure with: " + creation);
        }
        return new TrainerStream(trainer, new StreamName(adapter, "bench"));
    }

    /** Appends the examples and waits until all are settled; returns the seconds that it took. */
    double train(List<Example> examples) {
        long startedAt = System.nanoTime();
        append(examples);
        awaitSettled();
        return (System.nanoTime() - startedAt) / 1e9;
    }

    void append(List<Example> examples) {
        AppendOutcome appended = trainer.log().append(stream, sent, examples).block();
        if (!(appended instanceof AppendOutcome.Appended)) {
            throw new IllegalStateException("the examples were not logged: " + appended);
        }
        sent += examples.size();
    }

    void awaitSettled() {
        trainer.commits(stream.adapter())
                .map(commit -> commit.streams().getOrDefault(stream, StreamProgress.NONE))
                .filter(progress -> progress.settled() >= sent)
                .blockFirst(LIMIT);
    }

    /** Stops training of the adapter, which then lies on disk alone. */
    void pause() {
        trainer.pause(stream.adapter(), "idle").block();
    }
}
