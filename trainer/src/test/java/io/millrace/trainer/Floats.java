package io.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.peft.AdapterWeights;
import java.nio.FloatBuffer;

/** Numbers to compare: copies of values that lie elsewhere, and how near they are. */
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

    /** @param tolerance of the largest difference, by the largest number expected */
    public static void assertClose(float[] actual, float[] expected, double tolerance) {
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
        }
        assertThat(largest).isPositive();
        assertThat(difference / largest).isLessThan(tolerance);
    }
}
