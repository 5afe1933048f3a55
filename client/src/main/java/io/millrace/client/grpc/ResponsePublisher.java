package io.millrace.client.grpc;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.FluxSink;

/**
 * Hands a call's responses to a subscriber. At most one response that the subscriber asked for is under way from the
 * transport at any time; what was not asked for stays there, under HTTP/2's flow control.
 */
final class ResponsePublisher<Q, R> implements ClientResponseObserver<Q, R> {
    private final FluxSink<R> subscriber;
    private final AtomicBoolean asked = new AtomicBoolean();
    private @Nullable ClientCallStreamObserver<Q> call;
    private @Nullable RequestSubscriber<Q> requests;

    ResponsePublisher(FluxSink<R> subscriber) {
        this.subscriber = subscriber;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Q> startingCall) {
        startingCall.disableAutoRequestWithInitial(0);
        call = startingCall;
        requests = new RequestSubscriber<>(startingCall);
    }

    /** gRPC takes neither a request for messages nor a cancellation before the call has started. */
    void started() {
        subscriber.onCancel(() -> requests().cancelCall("the subscriber cancelled", null));
        subscriber.onRequest(n -> askOnDemand());
    }

    RequestSubscriber<Q> requests() {
        return Objects.requireNonNull(requests, "the call has not started");
    }

    @Override
    public void onNext(R response) {
        subscriber.next(response);
        asked.set(false);
        askOnDemand();
    }

    @Override
    public void onError(Throwable failure) {
        requests().end();
        if (!subscriber.isCancelled()) {
            subscriber.error(failure);
        }
    }

    @Override
    public void onCompleted() {
        requests().end();
        subscriber.complete();
    }

    private void askOnDemand() {
        if (subscriber.requestedFromDownstream() > 0 && asked.compareAndSet(false, true)) {
            Objects.requireNonNull(call, "the call has not started").request(1);
        }
    }
}
