package io.millrace.trainer.peft;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.SplittableRandom;

/** Where LoRA starts: A uniform in ±1/√inputs (PyTorch's kaiming_uniform_ with a = √5), B zero, so that nothing changes yet. */
public final class LoraInitialization {
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
            for (int i = 0; i < module.rank() * module.inputs(); i++) {
                into.put((float) ((2 * own.nextDouble() - 1) * bound));
            }
        }
        while (into.hasRemaining()) {
            into.put(0);
        }
    }
}
