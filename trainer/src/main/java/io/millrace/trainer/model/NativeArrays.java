package io.millrace.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.millrace.trainer.batch.PackedBatch;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * Arrays in memory that the engine owns, so that closing their scope frees them without waiting for the garbage collector.
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

    public static NDArray of(NDManager scope, FloatBuffer values) {
        NDArray array = scope.create(new Shape(values.remaining()), DataType.FLOAT32);
        view(array).put(values.duplicate());
        return array;
    }

    /** Memory for float32 values, undefined so far, that lasts as long as the scope. */
    public static FloatBuffer allocate(NDManager scope, int size) {
        return view(scope.create(new Shape(size), DataType.FLOAT32));
    }

    /** A float32 array's own memory: to be had until the array is closed. Nothing is copied. */
    public static FloatBuffer view(NDArray array) {
        return array.isEmpty() ? FloatBuffer.allocate(0) : memory(array).asFloatBuffer();
    }

    public static NDArray of(NDManager scope, double[] values) {
        NDArray array = scope.create(new Shape(values.length), DataType.FLOAT64);
        memory(array).asDoubleBuffer().put(values);
        return array;
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
