package io.millrace.trainer.model;

/** How the frozen base weights are held. */
public enum FloatType {
    FLOAT32(4),
    BFLOAT16(2);

    private final int bytes;

    FloatType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes per value. */
    public int bytes() {
        return bytes;
    }
}
