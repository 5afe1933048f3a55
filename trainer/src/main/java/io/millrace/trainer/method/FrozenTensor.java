package io.millrace.trainer.method;

import java.nio.FloatBuffer;
import java.util.List;

/**
 * A tensor that belongs to an adapter and isn't trained.
 *
 * @param key its name in the program, as {@code adapter.py} says
 * @param values row-major; to be read only
 */
public record FrozenTensor(String key, List<Integer> shape, FloatBuffer values) {
    public FrozenTensor {
        shape = List.copyOf(shape);
    }
}
