package io.millrace.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;

/**
 * A call's incoming messages as a {@link Flux} for one subscriber. The transport is asked for the next message only when the
 * subscriber wants one: the sink's queue never holds more than that, and a slow subscriber slows the client.
 */
final class Requests<T> implements StreamObserver<T> {
    private final ServerCallStreamObserver<?> call;
    private final Sinks.Many<T> sink = Sinks.unsafe().many().unicast().onBackpressureBuffer();
    private final Flux<T> flux = sink.asFlux().doOnRequest(this::want).onTerminateDetach();
    private final AtomicLong wanted = new AtomicLong();

    /** @param call on which automatic requests are off */
    Requests(ServerCallStreamObserver<?> call) {
        this.call = call;
    }

    Flux<T> flux() {
        return flux;
    }

    private void want(long messages) {
        if (wanted.getAndAccumulate(messages, Operators::addCap) == 0) {
            call.request(1);
        }
    }

    // An emission can only fail because the subscriber has cancelled: then nobody wants it.

    @Override
    public void onNext(T message) {
        sink.tryEmitNext(message);
        if (wanted.decrementAndGet() > 0) {
            call.request(1);
        }
    }

    @Override
    public void onError(Throwable cause) {
        sink.tryEmitError(cause);
    }

    @Override
    public void onCompleted() {
        sink.tryEmitComplete();
    }
}
