package io.millrace.trainer.peft;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.NativeArrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One value per parameter of an adapter (the parameters themselves, or their gradients) in native memory: a flat
 * float32 array, and views of it as the model's program takes them, an A and a B for every linear of the model. Where a
 * linear isn't adapted, they have rank 0.
 */
public final class LoraTensors implements AutoCloseable {
    private final NDManager scope;
    private final NDArray flat;
    private final NDList views = new NDList();

    /**
     * @param values copied
     * @param a the program's name for the list of all A, as in {@code a[]}
     * @param b that for the list of all B
     * @throws IllegalArgumentException if a module isn't one of the model's linears, or the layout doesn't have its two
     *     tensors in their shapes
     */
    public LoraTensors(BaseModel model, List<LoraModule> modules, AdapterWeights values, String a, String b) {
        Map<String, LoraModule> byPath = byPath(model, modules);
        scope = model.newScope();
        try {
            flat = NativeArrays.of(scope, values.values());
            NDList allB = new NDList();
            for (Linear linear : model.linears()) {
                LoraModule module = byPath.get(linear.path());
                int rank = module == null ? 0 : module.rank();
                views.add(view(values.layout(), linear.path() + ".lora_A.weight", rank, linear.inputs(), rank == 0, a));
                allB.add(view(values.layout(), linear.path() + ".lora_B.weight", linear.outputs(), rank, rank == 0, b));
            }
            views.addAll(allB);
        } catch (RuntimeException e) {
            scope.close();
            throw e;
        }
    }

    private static Map<String, LoraModule> byPath(BaseModel model, List<LoraModule> modules) {
        Map<String, LoraModule> byPath = new HashMap<>();
        modules.forEach(module -> byPath.put(module.path(), module));
        Set<String> unknown = new HashSet<>(byPath.keySet());
        model.linears().forEach(linear -> unknown.remove(linear.path()));
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("the model has no linears " + unknown);
        }
        return byPath;
    }

    private NDArray view(ParameterLayout layout, String path, int rows, int columns, boolean absent, String name) {
        NDArray view;
        if (absent) {
            view = scope.zeros(new Shape(rows, columns));
        } else {
            ParameterLayout.Parameter parameter = layout.parameter("base_model.model." + path);
            if (!parameter.shape().equals(List.of(rows, columns))) {
                throw new IllegalArgumentException("parameter %s has shape %s; the model makes it [%d, %d]"
                        .formatted(parameter.name(), parameter.shape(), rows, columns));
            }
            NDIndex range = new NDIndex("{}:{}", parameter.offset(), parameter.offset() + parameter.size());
            view = flat.get(range).reshape(rows, columns);
        }
        view.setName(name);
        return view;
    }

    /** Factors on B A, one per linear of the model: 0 where there is no LoRA. */
    public static float[] scales(BaseModel model, List<LoraModule> modules) {
        Map<String, LoraModule> byPath = byPath(model, modules);
        List<Linear> linears = model.linears();
        float[] scales = new float[linears.size()];
        for (int i = 0; i < scales.length; i++) {
            LoraModule module = byPath.get(linears.get(i).path());
            scales[i] = module == null ? 0 : (float) module.scale();
        }
        return scales;
    }

    /** All values, float32. */
    public NDArray flat() {
        return flat;
    }

    /** All A, then all B, in the order of the model's linears. */
    public NDList views() {
        return views;
    }

    @Override
    public void close() {
        scope.close();
    }
}
