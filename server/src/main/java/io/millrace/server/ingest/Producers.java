package io.millrace.server.ingest;

import io.millrace.trainer.example.StreamName;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Who may append to which stream: the newest producer that opened it. */
final class Producers {
    /**
     * Bytes of appends that may wait at all calls together. The calls hold up to four times as much: with more, it outgrows the young
     * generation's survivors, and full collections stop the writing thread for a quarter of the time.
     */
    private static final long MOST_WAITING = 512 << 10;

    /** However many calls are open: most may be idle, and those that aren't need groups that are worth a sync. */
    private static final long LEAST_SHARE = 64 << 10;

    private final ConcurrentMap<StreamName, Producer> current = new ConcurrentHashMap<>();

    /** Makes a new producer the stream's only one; when this returns, the older one submits nothing more. */
    Producer claim(StreamName stream) {
        Producer claimant = new Producer(stream);
        Producer older = current.put(stream, claimant);
        if (older != null) {
            older.supersede();
        }
        return claimant;
    }

    /** Bytes of appends that may wait at one call while others are stored; one more append may exceed it. */
    long mostWaiting() {
        return Math.max(LEAST_SHARE, MOST_WAITING / Math.max(1, current.size()));
    }

    /** Forgets the producer, unless a newer one has taken its place. */
    void release(Producer producer) {
        current.remove(producer.stream(), producer);
    }
}
