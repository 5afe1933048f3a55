package io.millrace.client;

import java.util.ArrayDeque;
import java.util.Deque;
import reactor.core.publisher.FluxSink;

/** Events on their way to a subscriber who may be slow; of news that supersede each other only the latest is kept. */
final class SendEventQueue {
    private final Deque<SendEvent> waiting = new ArrayDeque<>();
    private final FluxSink<SendEvent> subscriber;

    SendEventQueue(FluxSink<SendEvent> subscriber) {
        this.subscriber = subscriber;
    }

    void add(SendEvent event) {
        SendEvent last = waiting.peekLast();
        boolean supersedes = !(event instanceof SendEvent.Acked || event instanceof SendEvent.RowsRefused);
        if (supersedes && last != null && last.getClass() == event.getClass()) {
            waiting.removeLast();
        }
        waiting.add(event);
    }

    /** Hands over what the subscriber has asked for. */
    void deliver() {
        while (!waiting.isEmpty() && subscriber.requestedFromDownstream() > 0) {
            subscriber.next(waiting.remove());
        }
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Everything is delivered, and the subscriber wants more. */
    boolean wantsMore() {
        return waiting.isEmpty() && subscriber.requestedFromDownstream() > 0;
    }
}
