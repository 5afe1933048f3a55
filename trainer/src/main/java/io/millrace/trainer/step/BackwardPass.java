package io.millrace.trainer.step;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.model.NativeArrays;

/** How gradients come about; both ways give the same within rounding. */
sealed interface BackwardPass {
    /** Method of the model's program. */
    String method();

    /**
     * What the method takes between the loss weights and the adapter.
     *
     * @param seed for dropout
     * @param recompute whether what the way back reads is to be computed again, a block at a time, instead of kept
     */
    NDList parameters(NDManager scope, long seed, boolean recompute);

    /** Written out by hand: fast, without dropout. */
    record HandWritten() implements BackwardPass {
        @Override
        public String method() {
            return "gradients";
        }

        @Override
        public NDList parameters(NDManager scope, long seed, boolean recompute) {
            return new NDList(NativeArrays.of(scope, new long[] {recompute ? 1 : 0}));
        }
    }

    /**
     * By autograd, which always computes again.
     *
     * @param dropout probability of dropping an input of A
     */
    record Autograd(double dropout) implements BackwardPass {
        @Override
        public String method() {
            return "gradients_by_autograd";
        }

        @Override
        public NDList parameters(NDManager scope, long seed, boolean recompute) {
            return new NDList(
                    NativeArrays.of(scope, new double[] {dropout}), NativeArrays.of(scope, new long[] {seed}));
        }
    }
}
