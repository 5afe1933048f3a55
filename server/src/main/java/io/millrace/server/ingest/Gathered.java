package io.millrace.server.ingest;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * Hands on what came while the subscriber was busy, as one list. One more is asked for as long as those that wait weigh less
 * than a bound, so they never weigh more than that and one item.
 */
final class Gathered<T> extends Flux<List<T>> {
    private final Flux<T> source;
    private final ToIntFunction<T> weigher;
    private final LongSupplier bound;

    /** @param bound on the weight of what waits, above 0; asked each time, and not to block */
    Gathered(Flux<T> source, ToIntFunction<T> weigher, LongSupplier bound) {
        this.source = source;
        this.weigher = weigher;
        this.bound = bound;
    }

    @Override
    public void subscribe(CoreSubscriber<? super List<T>> subscriber) {
        source.subscribe(new Gatherer(subscriber));
    }

    /** Fields are guarded by this; signals are sent by whoever finds nobody else sending. */
    private final class Gatherer implements CoreSubscriber<T>, Subscription {
        private final CoreSubscriber<? super List<T>> subscriber;
        private List<T> waiting = new ArrayList<>();
        private long weight;
        private long demand;
        private boolean asked;
        private boolean ended;
        private boolean cancelled;
        private boolean sending;
        private @Nullable Throwable failure;
        private @Nullable Subscription upstream;

        Gatherer(CoreSubscriber<? super List<T>> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            if (Operators.validate(upstream, subscription)) {
                upstream = subscription;
                subscriber.onSubscribe(this);
                send();
            }
        }

        @Override
        public void onNext(T item) {
            synchronized (this) {
                waiting.add(item);
                weight += weigher.applyAsInt(item);
                asked = false;
            }
            send();
        }

        @Override
        public void onError(Throwable cause) {
            synchronized (this) {
                failure = cause;
                ended = true;
            }
            send();
        }

        @Override
        public void onComplete() {
            synchronized (this) {
                ended = true;
            }
            send();
        }

        @Override
        public void request(long lists) {
            if (Operators.validate(lists)) {
                synchronized (this) {
                    demand = Operators.addCap(demand, lists);
                }
                send();
            }
        }

        @Override
        public void cancel() {
            Subscription subscription;
            synchronized (this) {
                cancelled = true;
                waiting = new ArrayList<>();
                subscription = upstream;
            }
            if (subscription != null) {
                subscription.cancel();
            }
        }

        private void send() {
            synchronized (this) {
                if (sending) {
                    return;
                }
                sending = true;
            }
            while (sendNext()) {
                // until there is nothing to send, or nobody to send it to
            }
        }

        private boolean sendNext() {
            List<T> list = List.of();
            Subscription askOneMore = null;
            boolean end;
            synchronized (this) {
                if (demand > 0 && !waiting.isEmpty()) {
                    list = waiting;
                    waiting = new ArrayList<>();
                    weight = 0;
                    demand--;
                }
                if (!asked && !ended && weight < bound.getAsLong()) {
                    asked = true;
                    askOneMore = upstream;
                }
                end = ended && waiting.isEmpty() && list.isEmpty();
                if (cancelled || (list.isEmpty() && askOneMore == null && !end)) {
                    sending = false;
                    return false;
                }
                cancelled |= end;
            }
            if (askOneMore != null) {
                askOneMore.request(1);
            }
            if (!list.isEmpty()) {
                subscriber.onNext(list);
            }
            if (end) {
                finish();
            }
            return true;
        }

        private void finish() {
            if (failure == null) {
                subscriber.onComplete();
            } else {
                subscriber.onError(failure);
            }
        }
    }
}
