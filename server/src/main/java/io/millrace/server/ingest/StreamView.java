package io.millrace.server.ingest;

import io.millrace.server.api.ApiErrors;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.ExampleLog;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.log.StreamState;
import io.millrace.v1.Stream;
import io.millrace.v1.TrainingFigures;
import java.util.function.DoubleConsumer;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Streams as clients see them. */
final class StreamView {
    private final ExampleLog log;
    private final Training training;
    private final Scheduler blocking;

    StreamView(ExampleLog log, Training training, Scheduler blocking) {
        this.log = log;
        this.training = training;
        this.blocking = blocking;
    }

    /** Where the stream stands now; NOT_FOUND if there is none. */
    Mono<Stream> now(StreamName name) {
        return Mono.fromCallable(() -> log.stream(name)
                        .map(this::of)
                        .orElseThrow(() -> ApiErrors.notFound(
                                "NO_SUCH_STREAM", name + " does not exist; the first append creates it")))
                .subscribeOn(blocking);
    }

    private Stream of(StreamState state) {
        StreamProgress progress = state.progress();
        return Stream.newBuilder()
                .setName(state.name().toString())
                .setDurableThrough(state.nextOffset())
                .setTrainedThrough(progress.trainedThrough())
                .setTrained(progress.trained())
                .setHeldOut(progress.heldOut())
                .setQuarantined(progress.quarantined())
                .setDropped(progress.dropped())
                .setRevision(training.latestRevision(state.name().adapter()))
                .setTraining(of(training.figures(state.name().adapter())))
                .build();
    }

    private static TrainingFigures of(Training.Figures figures) {
        TrainingFigures.Builder known = TrainingFigures.newBuilder();
        ifKnown(figures.prequentialLoss(), known::setPrequentialLoss);
        ifKnown(figures.holdoutLoss(), known::setHoldoutLoss);
        ifKnown(figures.tokensPerSecond(), known::setTokensPerSecond);
        return known.build();
    }

    private static void ifKnown(double figure, DoubleConsumer setter) {
        if (!Double.isNaN(figure)) {
            setter.accept(figure);
        }
    }
}
