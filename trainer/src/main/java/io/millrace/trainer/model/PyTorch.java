package io.millrace.trainer.model;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;

/**
 * Starts the native engine as Millrace needs it, for servers and library users alike: no telemetry, nothing fetched,
 * every thread set up.
 */
public final class PyTorch {
    private static final ThreadLocal<Boolean> READY = ThreadLocal.withInitial(() -> false);

    private static volatile boolean started;

    private static volatile int threads;

    static {
        setUnlessGiven("OPT_OUT_TRACKING", "true");
        setUnlessGiven("ai.djl.offline", "true");
        setUnlessGiven("ai.djl.pytorch.graph_optimizer", "false");
    }

    private PyTorch() {}

    /**
     * Says how many threads an operation may use, and how many operations may run at once; results are the same in bits
     * only for the same numbers. The default is what PyTorch finds fit.
     *
     * @throws IllegalStateException once a model was loaded: the engine reads the numbers when it starts
     */
    public static void configureThreads(int intraOperation, int interOperation) {
        if (started) {
            throw new IllegalStateException(
                    "the engine runs already; set its threads before the first model is loaded");
        }
        System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(intraOperation));
        System.setProperty("ai.djl.pytorch.num_interop_threads", Integer.toString(interOperation));
    }

    /** How many threads an operation uses, unless its own thread was told otherwise. */
    static int threads() {
        engine();
        return threads;
    }

    /** How many threads the calling thread's operations use from now on. */
    static void useThreads(int threads) {
        engine();
        JniUtils.setNumThreads(threads);
    }

    /**
     * Readies the calling thread: programs run as written (each new shape would otherwise pay for profiling and
     * optimising again), autograd works, and operations use as many threads as was said: a new thread would use as many as some
     * thread was last told to. All three settings are per thread.
     */
    static Engine engine() {
        started = true;
        Engine engine = Engine.getEngine("PyTorch");
        if (!READY.get()) {
            synchronized (PyTorch.class) {
                threads = threads == 0 ? JniUtils.getNumThreads() : threads;
            }
            JniUtils.setNumThreads(threads);
            JniUtils.setGraphExecutorOptimize(false);
            JniUtils.setGradMode(true);
            READY.set(true);
        }
        return engine;
    }

    private static void setUnlessGiven(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
