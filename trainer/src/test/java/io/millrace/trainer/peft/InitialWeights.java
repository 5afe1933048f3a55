package io.millrace.trainer.peft;

import java.nio.FloatBuffer;
import java.util.List;

/** Initial weights on the heap. */
final class InitialWeights {
    private InitialWeights() {}

    static AdapterWeights of(List<LoraModule> modules, long seed) {
        ParameterLayout layout = LoraModules.layout(modules);
        FloatBuffer values = FloatBuffer.allocate(layout.size());
        LoraInitialization.fill(modules, seed, values);
        return new AdapterWeights(layout, values.flip());
    }
}
