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
            double bound = 1 / Math.sqrt(module.inputs());
            float[] a = new float[module.rank() * module.inputs()];
            for (int i = 0; i < a.length; i++) {
                a[i] = (float) ((2 * own.nextDouble() - 1) * bound);
            }
            into.put(a);
        }
        while (into.hasRemaining()) {
            into.put(new float[Math.min(into.remaining(), ZEROS)]);
        }
    }
}
