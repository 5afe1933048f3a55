package io.millrace.trainer.model;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Weights of a model that knows nothing, made as they are read: what speed and memory are measured with when there is no
 * file of the wanted shape. Norms are 1, biases 0, all else is uniform with a standard deviation of 0.02, as models
 * usually start.
 */
public final class RandomWeights implements Weights {
    private static final float BOUND = (float) (0.02 * Math.sqrt(3));
    private static final int CHUNK = 1 << 16;

    private final Map<String, long[]> shapes;
    private final long seed;

    /** @param seed the same one gives the same weights */
    public RandomWeights(ModelConfig config, long seed) {
        this.shapes = ModelTensors.shapes(config);
        this.seed = seed;
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(shapes.keySet());
    }

    @Override
    public long[] shape(String name) {
        long[] shape = shapes.get(name);
        if (shape == null) {
            throw new IllegalArgumentException("the model has no tensor " + name);
        }
        return shape.clone();
    }

    @Override
    public void read(String name, FloatType type, ByteBuffer into) {
        long left = Arrays.stream(shape(name)).reduce(1, Math::multiplyExact);
        SplittableRandom random = new SplittableRandom(seed + name.hashCode());
        float[] values = new float[(int) Math.min(CHUNK, left)];
        while (left > 0) {
            int count = (int) Math.min(values.length, left);
            fill(values, name, random);
            type.put(values, count, into);
            left -= count;
        }
    }

    private static void fill(float[] values, String name, SplittableRandom random) {
        if (name.endsWith("norm.weight") || name.contains(".ln_") && name.endsWith(".weight")) {
            Arrays.fill(values, 1);
        } else if (!name.endsWith(".bias")) {
            for (int i = 0; i < values.length; i++) {
                values[i] = (random.nextInt() >> 7) * (BOUND / (1 << 24));
            }
        }
    }

    @Override
    public void close() {
        // nothing is held
    }
}
