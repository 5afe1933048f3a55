package io.millrace.trainer.peft;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.NativeArrays;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Passes of a model with LoRA through the blocks that train it, side by side. The model's program takes an adapter as a rank and a scale for every
 * linear, and flat values, which it holds in its own precision.
 */
public final class LoraPasses implements AutoCloseable {
    /** Values that are copied at a time: 1 MB, so that those in Java's memory needn't lie in the engine's a second time. */
    private static final int PIECE = 1 << 18;

    private final BaseModel model;
    private final int size;
    private final NDManager scope;
    private final NDArray ranks;
    private final NDArray scales;

    /**
     * Gives the model's weights the columns that this takes.
     *
     * @param layout what {@link LoraModules#layout} says
     * @throws IllegalArgumentException if a module isn't one of the model's linears, or the layout isn't theirs
     */
    public LoraPasses(BaseModel model, List<LoraModule> modules, ParameterLayout layout) {
        List<Optional<LoraModule>> ofEach = LoraOfEachLinear.of(model.linears(), modules, layout);
        long[] rankOfEach = new long[ofEach.size()];
        float[] scaleOfEach = new float[ofEach.size()];
        for (int i = 0; i < rankOfEach.length; i++) {
            rankOfEach[i] = ofEach.get(i).map(LoraModule::rank).orElse(0);
            scaleOfEach[i] = ofEach.get(i).map(LoraModule::scale).orElse(0.).floatValue();
        }
        this.model = model;
        this.size = layout.size();
        scope = model.newScope();
        ranks = NativeArrays.numbers(scope, rankOfEach);
        scales = NativeArrays.numbers(scope, scaleOfEach);
        try (NDManager call = model.newScope()) {
            model.run(call, "widen", new NDList(ranks));
        }
    }

    /**
     * Has the model compute with these values until it is given others.
     *
     * @param values float32, on the model's device
     */
    public void takeUp(NDArray values) {
        takeUp();
        put(0, values);
        refresh();
    }

    /** The same with values in host memory. */
    public void takeUp(FloatBuffer values) {
        takeUp();
        for (int place = 0; place < size; place += PIECE) {
            try (NDManager call = model.newScope()) {
                put(place, NativeArrays.of(call, values.slice(place, Math.min(PIECE, size - place))));
            }
        }
        refresh();
    }

    private void takeUp() {
        try (NDManager call = model.newScope()) {
            NDArray lanes = NativeArrays.numbers(call, new long[] {model.lanes()});
            NDArray values = NativeArrays.numbers(call, new long[] {size});
            model.runInInferenceMode(call, "take_up", new NDList(lanes, values, ranks, scales));
        }
    }

    private void put(int place, NDArray values) {
        try (NDManager call = model.newScope()) {
            values.setName("values[]");
            model.runInInferenceMode(call, "put", new NDList(NativeArrays.numbers(call, new long[] {place}), values));
        }
    }

    private void refresh() {
        try (NDManager call = model.newScope()) {
            List<NDList> each = IntStream.range(0, model.lanes())
                    .mapToObj(lane -> new NDList())
                    .toList();
            model.runSideBySide(call, "refresh", each);
        }
    }

    /**
     * The losses of passes that run at once, one for each lane.
     *
     * @param passes tokens, rows and labels
     */
    public List<NDList> losses(NDManager scope, List<NDList> passes) {
        layOut(scope, passes, false);
        return model.runSideBySide(
                scope,
                "losses_of_lora",
                passes.stream().map(pass -> new NDList()).toList());
    }

    /**
     * The same, and adds to the gradient.
     *
     * @param weights of each pass's rows in the loss
     * @param recompute whether what the way back reads is to be computed again, a block at a time, instead of kept
     */
    public List<NDList> gradients(
            NDManager scope, List<NDList> passes, List<NDArray> weights, boolean recompute, NDArray gradient) {
        layOut(scope, passes, !recompute);
        List<NDList> losses = model.runSideBySide(
                scope, "gradients", weights.stream().map(NDList::new).toList());
        NDArray lanes = NativeArrays.numbers(scope, new long[] {passes.size()});
        model.runInInferenceMode(scope, "add_gradients", new NDList(lanes, gradient));
        return losses;
    }

    private void layOut(NDManager scope, List<NDList> passes, boolean kept) {
        for (int lane = 0; lane < passes.size(); lane++) {
            NDList inputs = new NDList(
                    NativeArrays.numbers(scope, new long[] {lane}),
                    NativeArrays.numbers(scope, new long[] {passes.size()}),
                    NativeArrays.numbers(scope, new long[] {kept ? 1 : 0}));
            inputs.addAll(passes.get(lane));
            model.runInInferenceMode(scope, "lay_out", inputs);
        }
    }

    @Override
    public void close() {
        scope.close();
    }
}
