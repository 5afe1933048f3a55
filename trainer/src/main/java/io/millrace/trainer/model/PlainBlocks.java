package io.millrace.trainer.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Decoders of the encodings that hold each value by itself. Float64 and integers are rounded to the nearest float32. */
final class PlainBlocks {
    private PlainBlocks() {}

    static void f32(byte[] source, int count, float[] values) {
        littleEndian(source).asFloatBuffer().get(values, 0, count);
    }

    static void f64(byte[] source, int count, float[] values) {
        ByteBuffer buffer = littleEndian(source);
        for (int i = 0; i < count; i++) {
            values[i] = (float) buffer.getDouble();
        }
    }

    static void f16(byte[] source, int count, float[] values) {
        ByteBuffer buffer = littleEndian(source);
        for (int i = 0; i < count; i++) {
            values[i] = SmallFloats.fromFloat16(buffer.getShort());
        }
    }

    static void bf16(byte[] source, int count, float[] values) {
        ByteBuffer buffer = littleEndian(source);
        for (int i = 0; i < count; i++) {
            values[i] = SmallFloats.fromBfloat16(buffer.getShort());
        }
    }

    static void i32(byte[] source, int count, float[] values) {
        ByteBuffer buffer = littleEndian(source);
        for (int i = 0; i < count; i++) {
            values[i] = buffer.getInt();
        }
    }

    static void i64(byte[] source, int count, float[] values) {
        ByteBuffer buffer = littleEndian(source);
        for (int i = 0; i < count; i++) {
            values[i] = buffer.getLong();
        }
    }

    private static ByteBuffer littleEndian(byte[] source) {
        return ByteBuffer.wrap(source).order(ByteOrder.LITTLE_ENDIAN);
    }
}
