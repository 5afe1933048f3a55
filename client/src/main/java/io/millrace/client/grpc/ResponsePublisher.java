package io.millrace.client.grpc;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.FluxSink;

/**
 * Hands a call's responses to a subscriber. At most eight that the subscriber asked for are under way from the transport at
 * any time, so that neither waits for the other after each; what was not asked for stays there, under HTTP/2's flow control.
 */
final class ResponsePublisher<Q, R> implements ClientResponseObserver<Q, R> {
    private static final int UNDER_WAY = 8;

    private final FluxSink<R> subscriber;
    private int underWay;
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
        synchronized (this) {
            underWay--; // not sooner: it would be asked for once more
        }
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
        int more;
        synchronized (this) {
            more = (int) Math.min(UNDER_WAY, subscriber.requestedFromDownstream()) - underWay;
            underWay += Math.max(0, more);
        }
        if (more > 0) {
            Objects.requireNonNull(call, "the call has not started").request(more);
        }
    }
}
