package io.millrace.trainer.method;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.NativeArrays;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The largest singular values of a linear's weight [outputs, inputs], W ≈ U diag(S) V.
 *
 * @param left U [outputs, k], at least as many columns as asked for
 * @param values S [k], the largest first
 * @param right V [k, inputs]
 */
record SingularVectors(float[] left, float[] values, float[] right) {
    /** Columns beyond those asked for, by which the subspace that is iterated on is larger. */
    private static final int MORE = 16;

    static SingularVectors of(BaseModel model, Linear linear, int rank, SplittableRandom random) {
        FloatBuffer weight = FloatBuffer.allocate(linear.outputs() * linear.inputs());
        BaseWeights.read(model, linear.key() + ".weight", List.of(linear.outputs(), linear.inputs()), weight);
        int columns = Math.min(rank + MORE, Math.min(linear.inputs(), linear.outputs()));
        float[] start = new float[linear.inputs() * columns];
        for (int i = 0; i < start.length; i++) {
            start[i] = (float) random.nextGaussian();
        }
        try (NDManager scope = model.newScope()) {
            NDList inputs = new NDList();
            for (String wanted : List.of("u", "s", "v")) {
                put(inputs, "wanted.pissa." + wanted, scope.create(0f));
            }
            put(inputs, "adapter.pissa", scope.create(0f));
            put(
                    inputs,
                    "adapter.pissa.weight",
                    NativeArrays.of(scope, weight.rewind()).reshape(new Shape(linear.outputs(), linear.inputs())));
            put(
                    inputs,
                    "adapter.pissa.start",
                    NativeArrays.of(scope, start).reshape(new Shape(linear.inputs(), columns)));
            NDList found = model.run(scope, "derived", inputs);
            return new SingularVectors(
                    found.get("pissa.u").toFloatArray(),
                    found.get("pissa.s").toFloatArray(),
                    found.get("pissa.v").toFloatArray());
        }
    }

    private static void put(NDList inputs, String name, NDArray array) {
        array.setName(name);
        inputs.add(array);
    }
}
