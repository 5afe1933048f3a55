package io.millrace.client;

import java.time.Duration;
import java.util.List;

/** What happens to a stream of examples on its way. */
public sealed interface SendEvent {
    /** Examples became durable: each is reported once, in order. */
    record Acked(Ack ack) implements SendEvent {}

    /** Examples that the server refuses, and that are left out; those around them go on, and no offset is lost. */
    record RowsRefused(List<Refusal> refusals) implements SendEvent {
        public RowsRefused {
            refusals = List.copyOf(refusals);
        }
    }

    /** Where the stream stands on the server; sent as examples are settled. */
    record Progress(StreamStatus status) implements SendEvent {}

    /**
     * The adapter's log is full: nothing is sent for a while, and nothing is lost.
     *
     * @param retryAfter zero: until there is room
     */
    record Throttled(Duration retryAfter, String reason) implements SendEvent {}

    /** The connection ended; what is not acknowledged is sent again after {@code delay}. */
    record Reconnecting(Duration delay, String reason) implements SendEvent {}

    /**
     * An example that can't be trained on.
     *
     * @param field such as {@code content.chat.messages[1].content}; may be empty
     * @param reason what is wrong and what to do
     */
    record Refusal(Example example, String field, String reason) {
        @Override
        public String toString() {
            String where = example.origin().isEmpty() ? "" : example.origin() + ": ";
            return where + (field.isEmpty() ? "" : field + ": ") + reason;
        }
    }
}
