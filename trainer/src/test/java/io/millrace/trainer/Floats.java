package io.millrace.trainer;

import io.millrace.trainer.peft.AdapterWeights;
import java.nio.FloatBuffer;

/** Copies of values that lie elsewhere. */
public final class Floats {
    private Floats() {}

    public static float[] of(FloatBuffer values) {
        float[] copy = new float[values.remaining()];
        values.duplicate().get(copy);
        return copy;
    }

    public static float[] of(AdapterWeights weights) {
        return of(weights.values());
    }
}
