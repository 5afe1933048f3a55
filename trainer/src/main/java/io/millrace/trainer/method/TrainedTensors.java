package io.millrace.trainer.method;

import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** What a method trains in a model: tensors with the names that files give them, and those under which the program finds them. */
public final class TrainedTensors {
    private final List<String> keys;
    private final ParameterLayout layout;

    private TrainedTensors(List<String> keys, ParameterLayout layout) {
        this.keys = List.copyOf(keys);
        this.layout = layout;
    }

    /** @param keys of each parameter in turn, as {@code adapter.py} says */
    public static TrainedTensors of(List<String> keys, ParameterLayout layout) {
        return new TrainedTensors(keys, layout);
    }

    /** In the order of the layout. */
    public List<String> keys() {
        return keys;
    }

    public ParameterLayout layout() {
        return layout;
    }

    /** Laid out as these: 1 for each value of those that change, 0 for each of the others. */
    FloatBuffer changing(Predicate<ParameterLayout.Parameter> changes) {
        FloatBuffer mask = FloatBuffer.allocate(layout.size());
        for (ParameterLayout.Parameter parameter : layout.parameters()) {
            float own = changes.test(parameter) ? 1 : 0;
            for (int i = 0; i < parameter.size(); i++) {
                mask.put(own);
            }
        }
        return mask.flip();
    }

    /** Collects tensors one after the other. */
    public static final class Builder {
        private final List<String> keys = new ArrayList<>();
        private final List<ParameterLayout.Parameter> parameters = new ArrayList<>();
        private int end;

        /**
         * @param key name in the program
         * @param name name in files
         */
        public Builder add(String key, String name, Integer... shape) {
            ParameterLayout.Parameter parameter = new ParameterLayout.Parameter(name, Arrays.asList(shape), end);
            end = parameter.end();
            keys.add(key);
            parameters.add(parameter);
            return this;
        }

        /** All of these, in their order. */
        public Builder add(TrainedTensors others) {
            List<ParameterLayout.Parameter> these = others.layout.parameters();
            for (int i = 0; i < these.size(); i++) {
                add(
                        others.keys.get(i),
                        these.get(i).name(),
                        these.get(i).shape().toArray(new Integer[0]));
            }
            return this;
        }

        public TrainedTensors build() {
            return new TrainedTensors(keys, new ParameterLayout(parameters));
        }
    }
}
