package io.millrace.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.millrace.trainer.batch.PackedBatch;
import java.nio.ByteBuffer;

/**
 * Copies of Java's arrays in memory that the engine owns, so that closing their scope frees them without waiting for
 * the garbage collector.
 */
public final class NativeArrays {
    private NativeArrays() {}

    public static NDArray of(NDManager scope, long[] values) {
        NDArray array = scope.create(new Shape(values.length), DataType.INT64);
        if (values.length > 0) {
            memory(array).asLongBuffer().put(values);
        }
        return array;
    }

    public static NDArray of(NDManager scope, float[] values) {
        NDArray array = scope.create(new Shape(values.length), DataType.FLOAT32);
        if (values.length > 0) {
            memory(array).asFloatBuffer().put(values);
        }
        return array;
    }

    public static NDArray of(NDManager scope, double[] values) {
        NDArray array = scope.create(new Shape(values.length), DataType.FLOAT64);
        memory(array).asDoubleBuffer().put(values);
        return array;
    }

    /** A copy of the values, float32. DJL's own takes a second one on the way. */
    public static float[] floats(NDArray array) {
        float[] values = new float[Math.toIntExact(array.size())];
        if (values.length > 0) {
            memory(array).asFloatBuffer().get(values);
        }
        return values;
    }

    /** What the program's methods call ids [T], positions [T] and bounds (one [2, 1 + sequences] per bucket). */
    public static NDList tokens(NDManager scope, PackedBatch batch) {
        NDList arrays = new NDList(of(scope, batch.ids()), of(scope, batch.positions()));
        for (PackedBatch.Bucket bucket : batch.buckets()) {
            NDArray bounds = scope.create(new Shape(2, 1 + bucket.starts().length), DataType.INT64);
            memory(bounds)
                    .asLongBuffer()
                    .put(bucket.prefixStart())
                    .put(bucket.starts())
                    .put(bucket.prefixLength())
                    .put(bucket.lengths());
            bounds.setName("bounds[]");
            arrays.add(bounds);
        }
        return arrays;
    }

    /** The array's own memory, in native byte order; an empty array has none. */
    static ByteBuffer memory(NDArray array) {
        return array.toByteBuffer(true);
    }
}
