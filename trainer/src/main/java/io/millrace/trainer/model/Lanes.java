package io.millrace.trainer.model;

import ai.djl.Device;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Threads on which passes run side by side, each with its share of the processors. A pass on all processors has them wait for each
 * other at the end of every one of its thousands of operations, and for the one that starts the next; passes of their own don't.
 */
final class Lanes implements AutoCloseable {
    /** More would have too few tokens each: a pass reads all weights, however few it has. The launcher gives so many a malloc arena each. */
    private static final int MOST = 4;

    private final int count;
    private final ExecutorService threads;

    /**
     * On a GPU there is one: it computes nothing side by side.
     *
     * @param processors threads that one operation may use otherwise, at least one
     */
    Lanes(Device device, int processors) {
        count = device.isGpu() ? 1 : Math.min(MOST, processors);
        threads = Executors.newFixedThreadPool(
                count,
                task -> thread(() -> {
                    PyTorch.useThreads(processors / count);
                    task.run();
                }));
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "millrace-lane");
        thread.setDaemon(true);
        return thread;
    }

    int count() {
        return count;
    }

    /**
     * Runs a pass on each of the first so many lanes, or a single one on the calling thread with all processors. Returns when all are done, even
     * when one fails or the thread is interrupted: memory that a pass uses mustn't go before it.
     */
    <T> List<T> run(int passes, IntFunction<T> pass) {
        if (passes == 1) {
            return List.of(pass.apply(0));
        }
        List<CompletableFuture<T>> running = IntStream.range(0, passes)
                .mapToObj(lane -> CompletableFuture.supplyAsync(() -> pass.apply(lane), threads))
                .toList();
        try {
            CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
        return running.stream().map(CompletableFuture::join).toList();
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
