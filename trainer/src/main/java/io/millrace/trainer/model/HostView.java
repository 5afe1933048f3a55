package io.millrace.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.FloatBuffer;

/** A float32 array of a model's device as Java reads it: on the CPU its own memory, of a GPU a copy in host memory. */
public final class HostView {
    private final BaseModel model;
    private final NDArray array;
    private final NDArray host;

    /** @param scope owner of the copy */
    public static HostView of(BaseModel model, NDManager scope, NDArray array) {
        return NativeArrays.isOnHost(array) ? new HostView(model, array, array) : copied(model, scope, array);
    }

    static HostView copied(BaseModel model, NDManager scope, NDArray array) {
        NDArray host = NativeArrays.onHost(scope, array.getShape(), DataType.FLOAT32);
        host.setName("target[]");
        return new HostView(model, array, host);
    }

    private HostView(BaseModel model, NDArray array, NDArray host) {
        this.model = model;
        this.array = array;
        this.host = host;
    }

    /** The values as they are now; on the CPU they change with the array, of a GPU with the next read. */
    public FloatBuffer read() {
        if (host != array) {
            copy();
        }
        return NativeArrays.view(host);
    }

    private void copy() {
        try (NDManager scope = model.newScope();
                NDArray source = array.reshape(array.getShape())) {
            source.setName("source[]");
            model.run(scope, "copy", new NDList(source, host));
        }
    }
}
