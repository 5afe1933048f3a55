package io.millrace.trainer.step;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.NativeArrays;

/** The products with frozen weights that no training step can do without: the bound on its speed. */
public final class FrozenProducts {
    private FrozenProducts() {}

    /**
     * Computes all of them once, forward and back: no LoRA, no attention, nothing between them. Returns once they are done.
     *
     * @param model one that nobody has trained on, since that takes its weights out of one piece
     * @param tokens that go through the linears
     * @param rows of them that go through the head
     */
    public static void compute(BaseModel model, int tokens, int rows) {
        try (NDManager scope = model.newScope()) {
            model.runInInferenceMode(
                    scope, "products", new NDList(NativeArrays.numbers(scope, new long[] {tokens, rows})));
            model.synchronise();
        }
    }
}
