package io.millrace.trainer.model;

import ai.djl.Device;
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
 * What Java fills or looks at lies in host memory; {@code of} takes it to the device of its scope, which on the CPU is nothing
 * to do.
 */
public final class NativeArrays {
    private NativeArrays() {}

    public static NDArray of(NDManager scope, long[] values) {
        return onDevice(scope, numbers(scope, values));
    }

    public static NDArray of(NDManager scope, float[] values) {
        return of(scope, FloatBuffer.wrap(values));
    }

    public static NDArray of(NDManager scope, FloatBuffer values) {
        NDArray array = onHost(scope, new Shape(values.remaining()), DataType.FLOAT32);
        view(array).put(values.duplicate());
        return onDevice(scope, array);
    }

    public static NDArray of(NDManager scope, double[] values) {
        return onDevice(scope, numbers(scope, values));
    }

    /** In host memory: for what the program reads as numbers, without waiting for a GPU. */
    public static NDArray numbers(NDManager scope, long[] values) {
        NDArray array = onHost(scope, new Shape(values.length), DataType.INT64);
        if (values.length > 0) {
            memory(array).asLongBuffer().put(values);
        }
        return array;
    }

    /** The same. */
    public static NDArray numbers(NDManager scope, float[] values) {
        NDArray array = onHost(scope, new Shape(values.length), DataType.FLOAT32);
        view(array).put(values);
        return array;
    }

    /** The same. */
    public static NDArray numbers(NDManager scope, double[] values) {
        NDArray array = onHost(scope, new Shape(values.length), DataType.FLOAT64);
        memory(array).asDoubleBuffer().put(values);
        return array;
    }

    /** Host memory for float32 values, undefined so far, that lasts as long as the scope. */
    public static FloatBuffer allocate(NDManager scope, int size) {
        return view(onHost(scope, new Shape(size), DataType.FLOAT32));
    }

    /**
     * A float32 array's own memory: to be had until the array is closed. Nothing is copied.
     *
     * @throws IllegalArgumentException if the array isn't in host memory
     */
    public static FloatBuffer view(NDArray array) {
        return array.isEmpty() ? FloatBuffer.allocate(0) : memory(array).asFloatBuffer();
    }

    /** What the program's methods call ids [T], positions [T] and bounds (one [2, 1 + sequences] per bucket). */
    public static NDList tokens(NDManager scope, PackedBatch batch) {
        NDList arrays = new NDList(of(scope, batch.ids()), of(scope, batch.positions()));
        for (PackedBatch.Bucket bucket : batch.buckets()) {
            NDArray bounds = onHost(scope, new Shape(2, 1 + bucket.starts().length), DataType.INT64);
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

    /** The same, then rows [N] and labels [N]. */
    public static NDList labelled(NDManager scope, PackedBatch batch) {
        NDList arrays = tokens(scope, batch);
        arrays.add(of(scope, batch.rows()));
        arrays.add(of(scope, batch.labels()));
        return arrays;
    }

    static NDArray onHost(NDManager scope, Shape shape, DataType type) {
        return scope.create(shape, type, Device.cpu());
    }

    static boolean isOnHost(NDArray array) {
        return array.getDevice().equals(Device.cpu());
    }

    private static NDArray onDevice(NDManager scope, NDArray array) {
        return array.toDevice(scope.getDevice(), false);
    }

    /** The array's own memory, in native byte order; an empty array has none. Of a GPU's array the engine would give a copy. */
    static ByteBuffer memory(NDArray array) {
        if (!isOnHost(array)) {
            throw new IllegalArgumentException(
                    "an array on %s has no memory that Java can see".formatted(array.getDevice()));
        }
        return array.toByteBuffer(true);
    }
}
