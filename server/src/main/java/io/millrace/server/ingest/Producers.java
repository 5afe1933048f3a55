package io.millrace.server.ingest;

import io.millrace.trainer.example.StreamName;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Who may append to which stream: the newest producer that opened it. */
final class Producers {
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

    /** Forgets the producer, unless a newer one has taken its place. */
    void release(Producer producer) {
        current.remove(producer.stream(), producer);
    }
}
