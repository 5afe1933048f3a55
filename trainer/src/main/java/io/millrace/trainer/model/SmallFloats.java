package io.millrace.trainer.model;

/** The two 16-bit floats: IEEE 754 binary16, and bfloat16 (the upper half of a float32). */
final class SmallFloats {
    private static final short BFLOAT16_NAN = 0x7fc0;

    private SmallFloats() {}

    /** Every binary16 value, subnormals included, is a float32. */
    static float fromFloat16(int bits) {
        int exponent = bits >>> 10 & 0x1f;
        int mantissa = bits & 0x3ff;
        float magnitude;
        if (exponent == 0) {
            magnitude = mantissa * 0x1p-24f;
        } else if (exponent == 0x1f) {
            magnitude = mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
        } else {
            magnitude = Float.intBitsToFloat(exponent + 112 << 23 | mantissa << 13);
        }
        return (bits & 0x8000) == 0 ? magnitude : -magnitude;
    }

    static float fromBfloat16(int bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** Rounds to nearest, ties to even. */
    static short toBfloat16(float value) {
        if (Float.isNaN(value)) {
            return BFLOAT16_NAN;
        }
        int bits = Float.floatToRawIntBits(value);
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
}
