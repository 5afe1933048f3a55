package io.millrace.trainer.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How the frozen base weights are held. */
public enum FloatType {
    FLOAT32(4) {
        @Override
        void put(float[] values, int count, ByteBuffer into) {
            into.slice().order(ByteOrder.nativeOrder()).asFloatBuffer().put(values, 0, count);
            into.position(into.position() + count * bytes());
        }
    },
    BFLOAT16(2) {
        @Override
        void put(float[] values, int count, ByteBuffer into) {
            short[] rounded = new short[count];
            for (int i = 0; i < count; i++) {
                rounded[i] = SmallFloats.toBfloat16(values[i]);
            }
            into.slice().order(ByteOrder.nativeOrder()).asShortBuffer().put(rounded);
            into.position(into.position() + count * bytes());
        }
    };

    private final int bytes;

    FloatType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes per value. */
    public int bytes() {
        return bytes;
    }

    /** Writes the first {@code count} values in native byte order at the buffer's position, and moves it past them. */
    abstract void put(float[] values, int count, ByteBuffer into);
}
