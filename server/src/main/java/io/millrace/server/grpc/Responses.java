package io.millrace.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.atomic.AtomicBoolean;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/**
 * Writes what it receives to a call, one message at a time and only while the transport is ready: writing on regardless
 * would pile up in direct memory. When the client cancels, so does this subscriber.
 */
final class Responses<T> extends BaseSubscriber<T> {
    private final ServerCallStreamObserver<T> call;
    private final AtomicBoolean requested = new AtomicBoolean();

    /** Has to be made while the service method runs: gRPC takes handlers only then. */
    Responses(ServerCallStreamObserver<T> call) {
        this.call = call;
        call.setOnReadyHandler(this::requestWhenReady);
        call.setOnCancelHandler(this::cancel);
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        requestWhenReady();
    }

    @Override
    protected void hookOnNext(T message) {
        call.onNext(message);
        requested.set(false);
        requestWhenReady();
    }

    @Override
    protected void hookOnComplete() {
        call.onCompleted();
    }

    @Override
    protected void hookOnError(Throwable failure) {
        call.onError(Failures.asStatus(failure));
    }

    private void requestWhenReady() {
        if (upstream() != null && call.isReady() && requested.compareAndSet(false, true)) {
            request(1);
        }
    }
}
