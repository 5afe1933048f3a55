package io.millrace.trainer.pipeline;

import io.millrace.trainer.log.Adapter;
import io.millrace.trainer.log.AdapterStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** One adapter's training from start to stop. What fails it pauses the adapter, with the reason. */
final class AdapterTraining {
    private static final Logger LOG = LoggerFactory.getLogger(AdapterTraining.class);

    private final Sinks.Empty<Void> stop = Sinks.empty();
    private final Sinks.Empty<Void> stopped = Sinks.empty();

    private AdapterTraining() {}

    /** @param news where commits and progress are told */
    static AdapterTraining start(Adapter adapter, RunFactory runs, Threads threads, AdapterStore adapters, News news) {
        AdapterTraining training = new AdapterTraining();
        Mono<RunFactory.Opened> open =
                Mono.fromCallable(() -> runs.open(adapter, news::progress)).subscribeOn(threads.training());
        Flux.usingWhen(
                        open,
                        opened -> opened.pipeline().run(training.stop.asMono()),
                        opened -> Mono.fromRunnable(opened.run()::close).subscribeOn(threads.training()))
                .doOnNext(news::committed)
                .then()
                .onErrorResume(failure -> {
                    LOG.error("{}: training stopped", adapter.name(), failure);
                    return adapters.pause(adapter.name(), "training stopped: " + failure.getMessage())
                            .doOnError(error -> LOG.error("{}: not marked as paused", adapter.name(), error))
                            .onErrorComplete()
                            .then();
                })
                .subscribe(nothing -> {}, training.stopped::tryEmitError, training.stopped::tryEmitEmpty);
        return training;
    }

    /** Trains, judges and commits what was decided on, then completes. */
    Mono<Void> stop() {
        return Mono.defer(() -> {
            stop.tryEmitEmpty();
            return stopped.asMono();
        });
    }
}
