package io.millrace.trainer.model;

/**
 * Decoders of ggml's K-quants: 256 values in groups, each group with its own small integer scale (and minimum), which a float16
 * {@code d} (and {@code dmin}) of the whole block scales.
 *
 * <p>Source: {@code ggml-quants.c} of ggml, {@code dequantize_row_q4_K}, {@code _q5_K}, {@code _q6_K}.
 */
final class SuperBlocks {
    private static final int VALUES = 256;
    private static final int GROUP = 32;

    private SuperBlocks() {}

    /** d, dmin, 12 bytes of scales, 128 bytes of 4-bit codes: value = d · scale · q − dmin · minimum, in 8 groups of 32. */
    static void q4k(byte[] source, int blocks, float[] values) {
        for (int block = 0, at = 0, to = 0; block < blocks; block++, at += 144, to += VALUES) {
            float d = QuantBlocks.float16(source, at);
            float dmin = QuantBlocks.float16(source, at + 2);
            for (int group = 0; group < 8; group++) {
                float scale = d * scale(source, at + 4, group);
                float minimum = dmin * minimum(source, at + 4, group);
                int codes = at + 16 + group / 2 * GROUP;
                int shift = group % 2 * 4;
                for (int j = 0; j < GROUP; j++) {
                    values[to + group * GROUP + j] = scale * (source[codes + j] >>> shift & 0xf) - minimum;
                }
            }
        }
    }

    /** As Q4_K, with 32 bytes of fifth bits before the codes: byte j has those of value j of each of the 8 groups. */
    static void q5k(byte[] source, int blocks, float[] values) {
        for (int block = 0, at = 0, to = 0; block < blocks; block++, at += 176, to += VALUES) {
            float d = QuantBlocks.float16(source, at);
            float dmin = QuantBlocks.float16(source, at + 2);
            for (int group = 0; group < 8; group++) {
                float scale = d * scale(source, at + 4, group);
                float minimum = dmin * minimum(source, at + 4, group);
                int fifthBits = at + 16;
                int codes = at + 48 + group / 2 * GROUP;
                int shift = group % 2 * 4;
                for (int j = 0; j < GROUP; j++) {
                    int code = source[codes + j] >>> shift & 0xf | (source[fifthBits + j] >>> group & 1) << 4;
                    values[to + group * GROUP + j] = scale * code - minimum;
                }
            }
        }
    }

    /**
     * 128 bytes of lower 4 bits, 64 bytes of upper 2 bits, 16 signed scales, d: value = d · scale · (q − 32), in 16 groups of
     * 16. Each half of 128 values has its 64 bytes of lower bits (values 0-63 in the lower halves of the bytes, 64-127 in the
     * upper) and 32 bytes of upper bits (each with two bits for values j, j + 32, j + 64, j + 96).
     */
    static void q6k(byte[] source, int blocks, float[] values) {
        for (int block = 0, at = 0, to = 0; block < blocks; block++, at += 210, to += VALUES) {
            float d = QuantBlocks.float16(source, at + 208);
            for (int group = 0; group < 16; group++) {
                float scale = d * source[at + 192 + group];
                int half = group / 8;
                int inHalf = group % 8 * 16;
                int lower = at + half * 64 + inHalf % 64;
                int lowerShift = inHalf / 64 * 4;
                int upper = at + 128 + half * 32 + inHalf % 32;
                int upperShift = inHalf / 32 * 2;
                for (int j = 0; j < 16; j++) {
                    int code = source[lower + j] >>> lowerShift & 0xf | (source[upper + j] >>> upperShift & 3) << 4;
                    values[to + group * 16 + j] = scale * (code - 32);
                }
            }
        }
    }

    /** The 8 scales and 8 minimums of 6 bits each: the first four of both whole, the others split between lower and upper bits. */
    private static int scale(byte[] source, int at, int group) {
        return group < 4
                ? source[at + group] & 0x3f
                : source[at + group + 4] & 0xf | (source[at + group - 4] >>> 6 & 3) << 4;
    }

    private static int minimum(byte[] source, int at, int group) {
        return group < 4
                ? source[at + group + 4] & 0x3f
                : source[at + group + 4] >>> 4 & 0xf | (source[at + group] >>> 6 & 3) << 4;
    }
}
