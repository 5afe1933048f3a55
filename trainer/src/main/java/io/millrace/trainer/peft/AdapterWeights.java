package io.millrace.trainer.peft;

import java.nio.FloatBuffer;

/**
 * An adapter's trained tensors, wherever they lie: on the heap, in a mapped file, or in memory of the engine, whose owner says
 * how long they are to be had. Nothing is copied.
 *
 * @param values float32, as the layout says; to be read only
 */
public record AdapterWeights(ParameterLayout layout, FloatBuffer values) {
    public AdapterWeights {
        if (values.remaining() != layout.size()) {
            throw new IllegalArgumentException(
                    "%d values for a layout of %d".formatted(values.remaining(), layout.size()));
        }
        values = values.slice();
    }

    /** @param values not copied */
    public AdapterWeights(ParameterLayout layout, float[] values) {
        this(layout, FloatBuffer.wrap(values));
    }

    /** All values; a view of its own, from its start to its limit. */
    @Override
    public FloatBuffer values() {
        return values.duplicate();
    }

    /** One tensor's values, row-major. */
    public FloatBuffer values(ParameterLayout.Parameter parameter) {
        return values.slice(parameter.offset(), parameter.size());
    }
}
