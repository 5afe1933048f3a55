package io.millrace.trainer.peft;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.NativeArrays;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An adapter in native memory as the model's program takes it: flat values, and a rank and a scale for every linear. */
public final class LoraTensors implements AutoCloseable {
    private final BaseModel model;
    private final NDManager scope;
    private final NDArray flat;
    private final NDArray ranks;
    private final NDArray scales;

    /**
     * Gives the model's weights the columns that this takes.
     *
     * @param values copied; laid out as {@link LoraModules#layout} says
     * @throws IllegalArgumentException if a module isn't one of the model's linears, or the layout isn't theirs
     */
    public LoraTensors(BaseModel model, List<LoraModule> modules, AdapterWeights values) {
        List<Linear> linears = model.linears();
        Map<String, LoraModule> byPath = byPath(linears, modules);
        checkLayout(linears, byPath, values.layout());
        long[] rankOfEach = new long[linears.size()];
        float[] scaleOfEach = new float[linears.size()];
        for (int i = 0; i < rankOfEach.length; i++) {
            LoraModule module = byPath.get(linears.get(i).path());
            rankOfEach[i] = module == null ? 0 : module.rank();
            scaleOfEach[i] = module == null ? 0 : (float) module.scale();
        }
        this.model = model;
        scope = model.newScope();
        flat = NativeArrays.of(scope, values.values());
        flat.setName("values[]");
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

    /** All values, float32. */
    public NDArray flat() {
        return flat;
    }

    /** Has the model compute with this adapter as it is now, until it is given another. */
    public void takeUp() {
        try (NDManager call = model.newScope()) {
            NDArray lanes = NativeArrays.numbers(call, new long[] {model.lanes()});
            model.runInInferenceMode(call, "take_up", new NDList(lanes, flat, ranks, scales));
        }
    }

    @Override
    public void close() {
        scope.close();
    }
}
