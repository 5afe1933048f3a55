package io.millrace.trainer.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * A tensor as it lies in a mapped file; constructed only where its bytes have been checked to lie within the file.
 *
 * @param shape as Hugging Face has it: outermost dimension first
 * @param offset of its first byte in the file
 */
record StoredTensor(MappedFile file, String name, Encoding encoding, long[] shape, long offset) {
    /** A multiple of every encoding's block. */
    private static final int CHUNK_VALUES = 1 << 14;

    long size() {
        return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    /** Values per index of the outermost dimension. */
    long rowSize() {
        return shape.length == 0 || shape[0] == 0 ? 1 : size() / shape[0];
    }

    void read(FloatType type, ByteBuffer into) {
        read(0, size(), type, into);
    }

    /** Reads a run of values; it has to start and end with a block. */
    void read(long first, long count, FloatType type, ByteBuffer into) {
        if (into.remaining() < count * type.bytes()) {
            throw new IllegalArgumentException(
                    "tensor %s: %d values as %s need %d bytes, but the buffer has room for %d"
                            .formatted(name, count, type, count * type.bytes(), into.remaining()));
        }
        int chunk = (int) Math.min(count, CHUNK_VALUES);
        float[] values = new float[chunk];
        byte[] bytes = new byte[bytes(chunk)];
        for (long done = 0; done < count; done += chunk) {
            int now = (int) Math.min(count - done, chunk);
            file.copy(offset + (first + done) / encoding.blockValues() * encoding.blockBytes(), bytes, bytes(now));
            encoding.decode(bytes, now / encoding.blockValues(), values);
            type.put(values, now, into);
        }
    }

    /** All values, row-major; for tensors of less than 512 Mi values. */
    float[] floats() {
        ByteBuffer buffer =
                ByteBuffer.allocate(Math.toIntExact(size() * Float.BYTES)).order(ByteOrder.nativeOrder());
        read(FloatType.FLOAT32, buffer);
        float[] values = new float[(int) size()];
        buffer.flip().asFloatBuffer().get(values);
        return values;
    }

    /** Float32 values in the file itself, row-major. */
    FloatBuffer view() {
        if (encoding != Encoding.F32) {
            throw new ModelFormatException(file.path(), name, "is of type %s; expected F32".formatted(encoding));
        }
        return file.slice(offset, Math.toIntExact(size() * Float.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
    }

    private int bytes(int values) {
        return values / encoding.blockValues() * encoding.blockBytes();
    }
}
