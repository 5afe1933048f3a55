package io.millrace.trainer.peft;

/**
 * An adapter's trained tensors, outside the engine. The array is not copied; nobody writes to it after construction.
 *
 * @param values float32, as the layout says
 */
public record AdapterWeights(ParameterLayout layout, float[] values) {
    public AdapterWeights {
        if (values.length != layout.size()) {
            throw new IllegalArgumentException("%d values for a layout of %d".formatted(values.length, layout.size()));
        }
    }
}
