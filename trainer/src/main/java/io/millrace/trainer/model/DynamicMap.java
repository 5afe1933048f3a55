package io.millrace.trainer.model;

import java.util.Arrays;

/**
 * The dynamic 8-bit data type (https://arxiv.org/abs/1511.04561): of either sign and seven powers of ten, the smaller the fewer
 * numbers. Source: {@code create_dynamic_map} of bitsandbytes.
 */
final class DynamicMap {
    private static final int POWERS = 7;

    private DynamicMap() {}

    /** 256 numbers from -1 to 1, sorted; 0 and 1 are among them, -1 isn't. */
    static float[] signed8() {
        float[] map = new float[256];
        int size = 0;
        for (int power = 0; power < POWERS; power++) {
            int items = 1 << power;
            for (int i = 0; i < items; i++) {
                float mean = (boundary(i, items) + boundary(i + 1, items)) / 2;
                float value = (float) (Math.pow(10, power - POWERS + 1) * mean);
                map[size++] = value;
                map[size++] = -value;
            }
        }
        map[size] = 1;
        Arrays.sort(map);
        return map;
    }

    /** The i-th of items + 1 numbers from 0.1 to 1, evenly spaced. */
    private static float boundary(int i, int items) {
        float step = (1 - 0.1f) / items;
        return i < (items + 1) / 2 ? 0.1f + step * i : 1 - step * (items - i);
    }
}
