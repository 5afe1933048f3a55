package io.millrace.client.grpc;

import io.grpc.stub.ClientCallStreamObserver;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;

/** Sends what it receives on a call: asks for one request at a time, and only while the transport is ready to take it. */
final class RequestSubscriber<Q> implements CoreSubscriber<Q> {
    private final ClientCallStreamObserver<Q> call;
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile @Nullable Subscription requests;
    private volatile boolean ended;

    /** @param call a call that has not started yet */
    RequestSubscriber(ClientCallStreamObserver<Q> call) {
        this.call = call;
        call.setOnReadyHandler(this::askWhenReady);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        if (Operators.validate(requests, subscription)) {
            requests = subscription;
            if (ended) {
                subscription.cancel();
            } else {
                askWhenReady();
            }
        }
    }

    @Override
    public void onNext(Q request) {
        Objects.requireNonNull(request, "request");
        synchronized (this) {
            if (ended) {
                return;
            }
            call.onNext(request);
        }
        asked.set(false);
        askWhenReady();
    }

    @Override
    public void onError(Throwable failure) {
        Objects.requireNonNull(failure, "failure");
        requests = Operators.cancelledSubscription();
        cancelCall("the requests failed", failure);
    }

    @Override
    public synchronized void onComplete() {
        requests = Operators.cancelledSubscription();
        if (!ended) {
            call.onCompleted();
        }
    }

    /** The call has ended, or is to end: no more requests are wanted. */
    void end() {
        ended = true;
        Subscription subscription = requests;
        if (subscription != null) {
            subscription.cancel();
        }
    }

    /** gRPC refuses a message after a cancellation, so the two must not overlap. */
    synchronized void cancelCall(String reason, @Nullable Throwable cause) {
        end();
        call.cancel(reason, cause);
    }

    private void askWhenReady() {
        Subscription subscription = requests;
        if (subscription != null && !ended && call.isReady() && asked.compareAndSet(false, true)) {
            subscription.request(1);
        }
    }
}
