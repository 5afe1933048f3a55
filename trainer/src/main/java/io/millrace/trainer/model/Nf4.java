package io.millrace.trainer.model;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * 4-bit NormalFloat with double quantisation (https://arxiv.org/abs/2305.14314), as bitsandbytes has it. Weights go row-major in
 * blocks of 64: each becomes the nearest of 16 codes once it is divided by the largest of its block. These largest, less their
 * mean, are divided by the largest of 256 and become the nearest of 256 values.
 */
final class Nf4 {
    static final int BLOCK = 64;
    static final int LARGE_BLOCK = 256;

    private static final float[] CODES = {
        -1f,
        -0.6961928009986877f,
        -0.5250730514526367f,
        -0.39491748809814453f,
        -0.28444138169288635f,
        -0.18477343022823334f,
        -0.09105003625154495f,
        0f,
        0.07958029955625534f,
        0.16093020141124725f,
        0.24611230194568634f,
        0.33791524171829224f,
        0.44070982933044434f,
        0.5626170039176941f,
        0.7229568362236023f,
        1f
    };

    private static final float[] CODE_BOUNDS = bounds(CODES);
    private static final float[] SCALES = DynamicMap.signed8();
    private static final float[] SCALE_BOUNDS = bounds(SCALES);

    private Nf4() {}

    /** The 16 values that 4 bits stand for. */
    static float[] codes() {
        return CODES.clone();
    }

    /** The 256 values that the 8 bits of a block's scale stand for. */
    static float[] scales() {
        return SCALES.clone();
    }

    static int blocks(int values) {
        return (values + BLOCK - 1) / BLOCK;
    }

    static int largeBlocks(int values) {
        return (blocks(values) + LARGE_BLOCK - 1) / LARGE_BLOCK;
    }

    /**
     * @param values an even number of them
     * @param codes room for a byte per two values: the first in the upper half
     * @param scales room for a byte per block
     * @param largest room for a number per 256 blocks, and then the mean
     */
    static void quantise(FloatBuffer values, ByteBuffer codes, ByteBuffer scales, FloatBuffer largest) {
        float[] ofBlocks = new float[blocks(values.remaining())];
        float[] block = new float[BLOCK];
        for (int i = 0; i < ofBlocks.length; i++) {
            int count = Math.min(BLOCK, values.remaining());
            values.get(block, 0, count);
            ofBlocks[i] = largest(block, 0, count);
            float inverse = 1 / Math.max(ofBlocks[i], 1e-38f);
            for (int j = 0; j < count; j += 2) {
                int first = nearest(block[j] * inverse, CODE_BOUNDS);
                int second = nearest(block[j + 1] * inverse, CODE_BOUNDS);
                codes.put((byte) (first << 4 | second));
            }
        }
        quantiseScales(ofBlocks, scales, largest);
    }

    private static void quantiseScales(float[] ofBlocks, ByteBuffer scales, FloatBuffer largest) {
        double sum = 0;
        for (float scale : ofBlocks) {
            sum += scale;
        }
        float mean = (float) (sum / ofBlocks.length);
        for (int i = 0; i < ofBlocks.length; i++) {
            ofBlocks[i] -= mean;
        }
        for (int start = 0; start < ofBlocks.length; start += LARGE_BLOCK) {
            int end = Math.min(start + LARGE_BLOCK, ofBlocks.length);
            float most = largest(ofBlocks, start, end);
            for (int i = start; i < end; i++) {
                scales.put((byte) nearest(most == 0 ? 0 : ofBlocks[i] / most, SCALE_BOUNDS));
            }
            largest.put(most);
        }
        largest.put(mean);
    }

    private static float largest(float[] values, int start, int end) {
        float largest = 0;
        for (int i = start; i < end; i++) {
            largest = Math.max(largest, Math.abs(values[i]));
        }
        return largest;
    }

    /** How many of the bounds the value is above. */
    private static int nearest(float value, float[] bounds) {
        int low = 0;
        int high = bounds.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (value > bounds[middle]) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Half way between neighbours. */
    private static float[] bounds(float[] sorted) {
        float[] bounds = new float[sorted.length - 1];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = (sorted[i] + sorted[i + 1]) / 2;
        }
        return bounds;
    }
}
