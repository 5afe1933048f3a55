package io.millrace.client.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Lets a command end in good order when the process is asked to (Ctrl-C, TERM): the process waits until it is closed. */
final class StopSignal implements AutoCloseable {
    private static final long GRACE_SECONDS = 5;

    private final Sinks.Empty<Void> asked = Sinks.empty();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stopAndAwait, "stop");

    private StopSignal() {}

    static StopSignal install() {
        StopSignal signal = new StopSignal();
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    /** Completes when the command is to stop. */
    Mono<Void> asked() {
        return asked.asMono();
    }

    boolean isAsked() {
        return stopped.get();
    }

    /** The command has ended. */
    @Override
    public void close() {
        done.countDown();
        if (!stopped.get()) {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }

    /** What the process does when it is asked to stop. */
    void stopAndAwait() {
        stopped.set(true);
        asked.tryEmitEmpty();
        try {
            done.await(GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
