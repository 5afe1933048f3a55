package io.millrace.client;

import java.time.Duration;

/** What a watcher of an adapter sees. */
public sealed interface WatchEvent {
    /** A revision: each comes once, in order. */
    record Published(Checkpoint checkpoint) implements WatchEvent {}

    /** These revisions are not seen: the server doesn't keep them any more, or this watcher was too slow for them. */
    record Skipped(long from, long through) implements WatchEvent {}

    /** The connection ended; watching goes on after {@code delay} where it stopped. */
    record Reconnecting(Duration delay, String reason) implements WatchEvent {}
}
