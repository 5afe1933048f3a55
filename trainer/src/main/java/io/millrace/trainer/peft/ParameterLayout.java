package io.millrace.trainer.peft;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Names and shapes of an adapter's trained tensors and where each lies in one flat array; names are PEFT's file keys. */
public final class ParameterLayout {
    /** Java sees no more of native memory at once: 2 GiB of float32. */
    private static final int MOST = Integer.MAX_VALUE / Float.BYTES;

    /** One tensor, row-major. */
    public record Parameter(String name, List<Integer> shape, int offset) {
        public int size() {
            return shape.stream().reduce(1, Math::multiplyExact);
        }

        /**
         * Where the next one starts.
         *
         * @throws IllegalArgumentException if that is beyond what an adapter can have
         */
        public int end() {
            long end = shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact) + offset;
            if (end > MOST) {
                throw new IllegalArgumentException(
                        "the method would train %,d values up to %s; it must be at most %,d: take a lower rank or bottleneck_size, or fewer target_modules or modules_to_save"
                                .formatted(end, name, MOST));
            }
            return (int) end;
        }
    }

    private final List<Parameter> parameters;
    private final Map<String, Parameter> byName = new HashMap<>();
    private final int size;

    /** @param parameters gapless: each starts where the one before it ends */
    public ParameterLayout(List<Parameter> parameters) {
        int end = 0;
        for (Parameter parameter : parameters) {
            if (parameter.offset() != end || byName.put(parameter.name(), parameter) != null) {
                throw new IllegalArgumentException("parameter " + parameter + " leaves a gap, overlaps or comes twice");
            }
            end = parameter.end();
        }
        this.parameters = List.copyOf(parameters);
        this.size = end;
    }

    public List<Parameter> parameters() {
        return parameters;
    }

    /** @throws IllegalArgumentException if there is no such tensor */
    public Parameter parameter(String name) {
        Parameter parameter = byName.get(name);
        if (parameter == null) {
            throw new IllegalArgumentException("no parameter " + name);
        }
        return parameter;
    }

    /** Values in all. */
    public int size() {
        return size;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ParameterLayout layout && parameters.equals(layout.parameters);
    }

    @Override
    public int hashCode() {
        return parameters.hashCode();
    }
}
