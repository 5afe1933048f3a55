package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * Wakes those who wait for something new of an adapter. A signal carries no data: who gets one looks into the store. So
 * signals may be merged, and a slow subscriber costs nothing.
 */
public final class Changes implements AutoCloseable {
    /** What may be new. */
    public enum Topic {
        EXAMPLES,
        REVISIONS
    }

    private record Key(Topic topic, AdapterName adapter) {}

    private final Map<Key, Set<FluxSink<AdapterName>>> subscribers = new ConcurrentHashMap<>();
    private final Sinks.Empty<Void> closed = Sinks.empty();

    /** To be called after the change can be read. */
    public void announce(Topic topic, AdapterName adapter) {
        subscribers.getOrDefault(new Key(topic, adapter), Set.of()).forEach(sink -> sink.next(adapter));
    }

    /**
     * One signal at once, since anything may have happened before, and one after every change; those that come while the
     * subscriber is busy are merged. Emits on Reactor's parallel scheduler; completes when the data directory is closed.
     */
    public Flux<AdapterName> of(Topic topic, AdapterName adapter) {
        Key key = new Key(topic, adapter);
        return Flux.<AdapterName>create(sink -> subscribe(key, sink), FluxSink.OverflowStrategy.LATEST)
                .publishOn(Schedulers.parallel(), 1);
    }

    private void subscribe(Key key, FluxSink<AdapterName> sink) {
        subscribers.compute(key, (k, present) -> {
            Set<FluxSink<AdapterName>> sinks = present == null ? ConcurrentHashMap.newKeySet() : present;
            sinks.add(sink);
            return sinks;
        });
        sink.onDispose(() -> subscribers.computeIfPresent(key, (k, sinks) -> {
            sinks.remove(sink);
            return sinks.isEmpty() ? null : sinks;
        }));
        sink.next(key.adapter());
    }

    /** Completes when the data directory is closed: reads that wait for their turn then never get it. */
    public Mono<Void> closed() {
        return closed.asMono();
    }

    int subscriberCount() {
        return subscribers.values().stream().mapToInt(Set::size).sum();
    }

    @Override
    public void close() {
        subscribers.values().forEach(sinks -> sinks.forEach(FluxSink::complete));
        closed.tryEmitEmpty();
    }
}
