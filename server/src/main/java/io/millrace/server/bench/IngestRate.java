package io.millrace.server.bench;

import io.grpc.ManagedChannel;
import io.millrace.v1.AppendExamplesRequest.Append;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** How many examples per second become durable when several producers send as fast as they are acknowledged. */
final class IngestRate {
    private static final int PRODUCERS = 8;

    /** Examples of a producer that are sent and not acknowledged. */
    private static final int WINDOW = 1_000;

    /** An adapter's log takes 64 MiB of examples that aren't settled, of about 1,000 bytes each. */
    private static final int EXAMPLES_PER_ADAPTER = 50_000;

    private static final int ADAPTERS = 40;

    private final BenchServer server;
    private final Append append;
    private final Queue<String> adapters = new ConcurrentLinkedQueue<>();
    private final AtomicLong acknowledged = new AtomicLong();
    private volatile boolean enough;

    /** @param append what is sent again and again */
    IngestRate(BenchServer server, Append append) {
        this.server = server;
        this.append = append;
    }

    /** Examples per second in the measured time. */
    double measure(int warmUpSeconds, int seconds) throws InterruptedException {
        for (int i = 0; i < ADAPTERS; i++) {
            adapters.add(newAdapter());
        }
        CompletableFuture<?>[] producers = IntStream.range(0, PRODUCERS)
                .mapToObj(i -> CompletableFuture.runAsync(this::produce, work -> new Thread(work, "producer").start()))
                .toArray(CompletableFuture<?>[]::new);
        TimeUnit.SECONDS.sleep(warmUpSeconds);
        long before = acknowledged.get();
        long startedAt = System.nanoTime();
        TimeUnit.SECONDS.sleep(seconds);
        double rate = (acknowledged.get() - before) / ((System.nanoTime() - startedAt) / 1e9);
        enough = true;
        CompletableFuture.allOf(producers).join();
        return rate;
    }

    private String newAdapter() {
        return server.createPaused("{\"rank\": 1}");
    }

    private void produce() {
        ManagedChannel channel = server.connect();
        while (!enough) {
            String adapter = adapters.poll();
            fill(channel, adapter == null ? newAdapter() : adapter);
        }
    }

    private void fill(ManagedChannel channel, String adapter) {
        Semaphore window = new Semaphore(WINDOW);
        LoadProducer producer = LoadProducer.open(channel, adapter + "/streams/s", append, (examples, nanos) -> {
            acknowledged.addAndGet(examples);
            window.release(examples);
        });
        while (!enough && producer.sent() < EXAMPLES_PER_ADAPTER) {
            window.acquireUninterruptibly(append.getExamplesCount());
            producer.send(System.nanoTime());
        }
        producer.finish();
    }
}
