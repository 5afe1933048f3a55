package io.millrace.trainer.peft;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.SplittableRandom;

/** Where LoRA starts: A uniform in ±1/√inputs (PyTorch's kaiming_uniform_ with a = √5), B zero, so that nothing changes yet. */
public final class LoraInitialization {
    /** Written at a time. */
    private static final int ZEROS = 1 << 16;

    private LoraInitialization() {}

    /**
     * The same seed gives the same weights; each module draws from a generator of its own.
     *
     * @param into room for all values as {@link LoraModules#layout} says
     */
    public static void fill(List<LoraModule> modules, long seed, FloatBuffer into) {
        SplittableRandom random = new SplittableRandom(seed);
        for (LoraModule module : modules) {
            SplittableRandom own = random.split();
            into.put(uniform(module.rank() * module.inputs(), 1 / Math.sqrt(module.inputs()), own));
        }
        while (into.hasRemaining()) {
            into.put(new float[Math.min(into.remaining(), ZEROS)]);
        }
    }

    /** Two numbers of 32 bits from each draw: while the JVM is still compiling this, drawing is what takes the time. */
    private static float[] uniform(int size, double bound, SplittableRandom random) {
        float unit = (float) (bound * 0x1p-31);
        float[] values = new float[size];
        for (int i = 0; i < size; i += 2) {
            long bits = random.nextLong();
            values[i] = (int) bits * unit;
            if (i + 1 < size) {
                values[i + 1] = (int) (bits >>> 32) * unit;
            }
        }
        return values;
    }
}
