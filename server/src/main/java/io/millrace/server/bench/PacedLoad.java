package io.millrace.server.bench;

import io.millrace.v1.AppendExamplesRequest.Append;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** 1,000 examples per second in appends of 10, at even distances, whatever the server makes of it. */
final class PacedLoad {
    static final int EXAMPLES_PER_APPEND = 10;
    private static final long NANOS_PER_APPEND = 10_000_000;
    private static final int PRODUCERS = 4;

    private final List<LoadProducer> producers = new ArrayList<>();
    private volatile boolean ended;

    /**
     * Opens the producers' streams.
     *
     * @param adapter whose log takes the examples
     * @param name of the streams, which nobody has sent to yet
     * @param latencies to add those of the acknowledgements to, from when each append was due
     */
    PacedLoad(BenchServer server, String adapter, String name, Percentiles latencies) {
        Append append = LoadExamples.texts(EXAMPLES_PER_APPEND);
        for (int i = 0; i < PRODUCERS; i++) {
            producers.add(LoadProducer.open(
                    server.connect(),
                    adapter + "/streams/%s-%d".formatted(name, i),
                    append,
                    (examples, nanos) -> latencies.add(nanos)));
        }
    }

    /** Sends for so many seconds, and waits until all is acknowledged. */
    void run(int seconds) throws InterruptedException {
        Running running = start();
        TimeUnit.SECONDS.sleep(seconds);
        running.close();
    }

    /** Sends from now on, until it is closed. */
    Running start() {
        Thread sender = new Thread(this::send, "load");
        sender.start();
        return () -> {
            ended = true;
            sender.join();
            producers.forEach(LoadProducer::finish);
        };
    }

    private void send() {
        long start = System.nanoTime();
        for (long i = 0; !ended; i++) {
            long due = start + i * NANOS_PER_APPEND;
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            producers.get((int) (i % PRODUCERS)).send(due);
        }
    }

    /** A load that goes on. */
    interface Running extends AutoCloseable {
        /** Ends it, and waits until all is acknowledged. */
        @Override
        void close() throws InterruptedException;
    }
}
