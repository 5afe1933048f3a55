package io.millrace.trainer.peft;

import java.util.List;
import java.util.SplittableRandom;

/** Where LoRA starts: A uniform in ±1/√inputs (PyTorch's kaiming_uniform_ with a = √5), B zero, so that nothing changes yet. */
public final class LoraInitialization {
    private LoraInitialization() {}

    /** The same seed gives the same weights; each module draws from a generator of its own. */
    public static AdapterWeights of(List<LoraModule> modules, long seed) {
        ParameterLayout layout = LoraModules.layout(modules);
        float[] values = new float[layout.size()];
        SplittableRandom random = new SplittableRandom(seed);
        for (LoraModule module : modules) {
            SplittableRandom own = random.split();
            ParameterLayout.Parameter a = layout.parameter(LoraModules.nameOfA(module));
            double bound = 1 / Math.sqrt(module.inputs());
            for (int i = 0; i < a.size(); i++) {
                values[a.offset() + i] = (float) ((2 * own.nextDouble() - 1) * bound);
            }
        }
        return new AdapterWeights(layout, values);
    }
}
