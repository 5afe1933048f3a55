package io.millrace.server.grpc;

import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Tells all streams that the server shuts down. */
public final class Drain {
    private final Sinks.Empty<Void> begun = Sinks.empty();

    /** Only the first call matters. */
    public void begin() {
        begun.tryEmitEmpty();
    }

    public boolean hasBegun() {
        return Boolean.TRUE.equals(begun.scan(Scannable.Attr.TERMINATED));
    }

    /** Completes when the shutdown begins, at once if it has. */
    public Mono<Void> begun() {
        return begun.asMono();
    }
}
