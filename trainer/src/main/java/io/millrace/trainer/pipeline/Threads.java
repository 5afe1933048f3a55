package io.millrace.trainer.pipeline;

import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The threads of a trainer, each of which may block. The engine belongs to the first; batches are formed on the second
 * while a step runs; commits are written on the third; what people ask of adapters is done, one thing at a time, on the
 * fourth.
 */
record Threads(Scheduler training, Scheduler batching, Scheduler committing, Scheduler administering) {
    static Threads start() {
        return new Threads(
                single("millrace-train"),
                single("millrace-batch"),
                single("millrace-commit"),
                single("millrace-admin"));
    }

    private static Scheduler single(String name) {
        return Schedulers.newSingle(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    void stop() {
        training.dispose();
        batching.dispose();
        committing.dispose();
        administering.dispose();
    }
}
