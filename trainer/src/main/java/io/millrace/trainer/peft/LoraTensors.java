package io.millrace.trainer.peft;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.NativeArrays;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** LoRA as the model's program takes it: a rank and a scale for every linear, and flat values in the model's precision. */
public final class LoraTensors implements AutoCloseable {
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
    public LoraTensors(BaseModel model, List<LoraModule> modules, ParameterLayout layout) {
        List<Linear> linears = model.linears();
        Map<String, LoraModule> byPath = byPath(linears, modules);
        checkLayout(linears, byPath, layout);
        long[] rankOfEach = new long[linears.size()];
        float[] scaleOfEach = new float[linears.size()];
        for (int i = 0; i < rankOfEach.length; i++) {
            LoraModule module = byPath.get(linears.get(i).path());
            rankOfEach[i] = module == null ? 0 : module.rank();
            scaleOfEach[i] = module == null ? 0 : (float) module.scale();
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

    private static Map<String, LoraModule> byPath(List<Linear> linears, List<LoraModule> modules) {
        Map<String, LoraModule> byPath = new HashMap<>();
        modules.forEach(module -> byPath.put(module.path(), module));
        Set<String> unknown = new HashSet<>(byPath.keySet());
        linears.forEach(linear -> unknown.remove(linear.path()));
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("the model has no linears " + unknown);
        }
        return byPath;
    }

    private static void checkLayout(List<Linear> linears, Map<String, LoraModule> byPath, ParameterLayout layout) {
        List<LoraModule> fitting = new ArrayList<>();
        for (Linear linear : linears) {
            LoraModule module = byPath.get(linear.path());
            if (module != null) {
                fitting.add(new LoraModule(
                        module.path(), linear.inputs(), linear.outputs(), module.rank(), module.scale()));
            }
        }
        List<ParameterLayout.Parameter> wanted = LoraModules.layout(fitting).parameters();
        for (int i = 0; i < Math.max(wanted.size(), layout.parameters().size()); i++) {
            Object want = i < wanted.size() ? wanted.get(i) : "nothing";
            Object have = i < layout.parameters().size() ? layout.parameters().get(i) : "nothing";
            if (!want.equals(have)) {
                throw new IllegalArgumentException(
                        "parameter %d of the layout is %s; the model makes it %s".formatted(i, have, want));
            }
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
