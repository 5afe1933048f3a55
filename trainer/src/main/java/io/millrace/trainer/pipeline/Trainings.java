package io.millrace.trainer.pipeline;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.Adapter;
import io.millrace.trainer.log.AdapterStore;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The adapters in training. */
final class Trainings {
    private final AdapterStore adapters;
    private final RunFactory runs;
    private final Threads threads;
    private final Map<AdapterName, AdapterTraining> running = new ConcurrentHashMap<>();
    private final Map<AdapterName, News> news = new ConcurrentHashMap<>();

    Trainings(AdapterStore adapters, RunFactory runs, Threads threads) {
        this.adapters = adapters;
        this.runs = runs;
        this.threads = threads;
    }

    /** Of an adapter that may be in training or not. */
    News news(AdapterName name) {
        return news.computeIfAbsent(name, absent -> new News());
    }

    /** The adapter must not be in training. */
    void start(Adapter adapter) {
        running.put(adapter.name(), AdapterTraining.start(adapter, runs, threads, adapters, news(adapter.name())));
    }

    /** Completes when the adapter isn't in training any more. */
    Mono<Void> stop(AdapterName name) {
        return Mono.defer(() -> {
            AdapterTraining training = running.remove(name);
            return training == null ? Mono.empty() : training.stop();
        });
    }

    Mono<Void> stopAll() {
        return Flux.fromIterable(running.keySet()).flatMap(this::stop).then();
    }

    void forget(AdapterName name) {
        news.remove(name);
    }
}
