package io.millrace.trainer.step;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.method.VirtualTokens;
import java.util.List;
import java.util.Map;

/** How gradients come about, with the adapter in the form that this takes; both ways give the same within rounding. */
interface BackwardPass extends AutoCloseable {
    /**
     * What is computed at a time.
     *
     * @param tokens with rows and labels
     * @param weights of the rows in the loss
     */
    record Pass(NDList tokens, NDArray weights) {}

    /** All trained values, float32. */
    NDArray flat();

    /** Where gradients are added, laid out as the values. */
    NDArray gradient();

    VirtualTokens virtualTokens();

    /** What was measured since this was last asked for. */
    Map<String, Double> takeMeans();

    /** The adapter's tensors and their gradients by name, for what a method does in each step; LoRA has nothing to do there. */
    NDList named();

    /** How many passes run at once, at most. */
    int lanes();

    /** To be called before the passes of a step, whenever values may have changed. */
    void begin();

    /**
     * Adds to the gradient that of passes that run at once; returns the losses of each.
     *
     * @param seed for dropout
     * @param recompute whether what the way back reads is to be computed again, a block at a time, instead of kept
     */
    List<NDList> run(NDManager scope, List<Pass> passes, long seed, boolean recompute);

    @Override
    void close();

    /** Where to add the gradient of these values. */
    static NDArray zeros(NDManager scope, NDArray like) {
        NDArray zeros = scope.zeros(like.getShape());
        zeros.setName("gradient[]");
        return zeros;
    }
}
