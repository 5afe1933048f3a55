package io.millrace.trainer.log;

import java.util.concurrent.CountDownLatch;

/** Holds the writing thread inside a unit, so that a test decides what waits behind it. */
final class WriterGate {
    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);

    /** To be called on the writing thread. */
    boolean hold() {
        held.countDown();
        await(open);
        return true;
    }

    void awaitHeld() {
        await(held);
    }

    void open() {
        open.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
