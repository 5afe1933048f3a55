package io.millrace.trainer.peft;

import ai.djl.ndarray.NDManager;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.NativeArrays;
import java.nio.FloatBuffer;

/** An adapter's weights in native memory of their own, which closing frees. */
public final class NativeWeights implements AutoCloseable {
    private final NDManager scope;
    private final AdapterWeights weights;

    /** Room for weights; what it holds is undefined until it is {@link #set} or filled through {@link #memory}. */
    public NativeWeights(BaseModel model, ParameterLayout layout) {
        scope = model.newScope();
        weights = new AdapterWeights(layout, NativeArrays.allocate(scope, layout.size()));
    }

    /** To be used until this is closed; they change when this is set anew. */
    public AdapterWeights weights() {
        return weights;
    }

    /** Where to write the values. */
    public FloatBuffer memory() {
        return weights.values();
    }

    /** Copies weights of the same layout. */
    public void set(AdapterWeights other) {
        memory().put(other.values());
    }

    @Override
    public void close() {
        scope.close();
    }
}
