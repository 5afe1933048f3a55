package io.millrace.trainer.model;

/**
 * Decoders of ggml's simple quantisations: 32 values that share a float16 scale {@code d} and, where the name ends in 1, a
 * float16 minimum {@code m}. Value = d · q (+ m). A byte of 4-bit codes holds value j in its lower half, j + 16 in its upper;
 * the 5-bit kinds keep the fifth bits apart, value j's as bit j of a word.
 *
 * <p>Source: {@code ggml-quants.c} of ggml, {@code dequantize_row_*}.
 */
final class QuantBlocks {
    private static final int VALUES = 32;
    private static final int HALF = VALUES / 2;

    private QuantBlocks() {}

    static void q40(byte[] source, int blocks, float[] values) {
        for (int block = 0, at = 0, to = 0; block < blocks; block++, at += 18, to += VALUES) {
            float scale = float16(source, at);
            for (int j = 0; j < HALF; j++) {
                int codes = source[at + 2 + j];
                values[to + j] = scale * ((codes & 0xf) - 8);
                values[to + j + HALF] = scale * ((codes >>> 4 & 0xf) - 8);
            }
        }
    }

    static void q41(byte[] source, int blocks, float[] values) {
        for (int block = 0, at = 0, to = 0; block < blocks; block++, at += 20, to += VALUES) {
            float scale = float16(source, at);
            float minimum = float16(source, at + 2);
            for (int j = 0; j < HALF; j++) {
                int codes = source[at + 4 + j];
                values[to + j] = scale * (codes & 0xf) + minimum;
                values[to + j + HALF] = scale * (codes >>> 4 & 0xf) + minimum;
            }
        }
    }

    static void q50(byte[] source, int blocks, float[] values) {
        for (int block = 0, at = 0, to = 0; block < blocks; block++, at += 22, to += VALUES) {
            float scale = float16(source, at);
            int fifthBits = int32(source, at + 2);
            for (int j = 0; j < HALF; j++) {
                int codes = source[at + 6 + j];
                values[to + j] = scale * ((codes & 0xf | (fifthBits >>> j & 1) << 4) - 16);
                values[to + j + HALF] = scale * ((codes >>> 4 & 0xf | (fifthBits >>> j + HALF & 1) << 4) - 16);
            }
        }
    }

    static void q51(byte[] source, int blocks, float[] values) {
        for (int block = 0, at = 0, to = 0; block < blocks; block++, at += 24, to += VALUES) {
            float scale = float16(source, at);
            float minimum = float16(source, at + 2);
            int fifthBits = int32(source, at + 4);
            for (int j = 0; j < HALF; j++) {
                int codes = source[at + 8 + j];
                values[to + j] = scale * (codes & 0xf | (fifthBits >>> j & 1) << 4) + minimum;
                values[to + j + HALF] = scale * (codes >>> 4 & 0xf | (fifthBits >>> j + HALF & 1) << 4) + minimum;
            }
        }
    }

    static void q80(byte[] source, int blocks, float[] values) {
        for (int block = 0, at = 0, to = 0; block < blocks; block++, at += 34, to += VALUES) {
            float scale = float16(source, at);
            for (int j = 0; j < VALUES; j++) {
                values[to + j] = scale * source[at + 2 + j];
            }
        }
    }

    static float float16(byte[] source, int at) {
        return SmallFloats.fromFloat16(source[at] & 0xff | (source[at + 1] & 0xff) << 8);
    }

    private static int int32(byte[] source, int at) {
        return source[at] & 0xff
                | (source[at + 1] & 0xff) << 8
                | (source[at + 2] & 0xff) << 16
                | (source[at + 3] & 0xff) << 24;
    }
}
