package io.millrace.trainer.peft;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Names and shapes of an adapter's trained tensors and where each lies in one flat array; names are PEFT's file keys. */
public final class ParameterLayout {
    /** One tensor, row-major. */
    public record Parameter(String name, List<Integer> shape, int offset) {
        public int size() {
            return shape.stream().reduce(1, Math::multiplyExact);
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
            end = Math.addExact(end, parameter.size());
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
