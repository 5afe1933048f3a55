package io.millrace.trainer.model;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a process that is asked to end from ending under a running operation of the engine. The C runtime would destroy what
 * that operation uses, its cache of kernels for one, and the process would crash instead of ending.
 */
public final class EngineExit {
    private static final int LONGEST_OPERATION_SECONDS = 60;
    private static final ReadWriteLock RUNNING = new ReentrantReadWriteLock();
    private static final Logger LOG = LoggerFactory.getLogger(EngineExit.class);

    private static volatile Runnable before = () -> {};

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(EngineExit::end, "millrace-engine-exit"));
    }

    private EngineExit() {}

    /**
     * What stops in good order whatever uses the engine, and may use it for that. It replaces what an earlier call gave.
     *
     * @param stop run once the process is asked to end; its failure is for itself to report
     */
    public static void before(Runnable stop) {
        before = stop;
    }

    /** To be held for each operation. Once the process ends, nobody gets it any more. */
    static Lock operation() {
        return RUNNING.readLock();
    }

    private static void end() {
        before.run();
        try {
            if (!RUNNING.writeLock().tryLock(LONGEST_OPERATION_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("the process ends during an operation that takes over {} s", LONGEST_OPERATION_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
