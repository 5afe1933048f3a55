package io.millrace.trainer.method;

import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.ModelTensor;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.Predicate;

/**
 * Copies of the model's own weights that stand in for them, with the names and shapes that the model's file gives them.
 */
final class BaseWeights {
    /** 2 GiB of float32, the most that lies in one array. */
    private static final long MOST = (1L << 29) - 1;

    private final BaseModel model;
    private final TrainedTensors.Builder tensors = new TrainedTensors.Builder();
    private long size;

    private BaseWeights(BaseModel model) {
        this.model = model;
    }

    /**
     * Those that are chosen.
     *
     * @throws IllegalArgumentException if there are more than fit one array
     */
    static TrainedTensors of(BaseModel model, Predicate<ModelTensor> chosen) {
        BaseWeights all = new BaseWeights(model);
        all.collect(chosen);
        return all.tensors.build();
    }

    private void collect(Predicate<ModelTensor> chosen) {
        for (ModelTensor tensor : model.tensors()) {
            if (chosen.test(tensor)) {
                add(tensor.key(), tensor.name(), tensor.shape().toArray(new Integer[0]));
            }
        }
    }

    static boolean hasBias(BaseModel model, Linear linear) {
        return model.tensors().stream().anyMatch(tensor -> tensor.key().equals(linear.key() + ".bias"));
    }

    private void add(String key, String path, Integer... shape) {
        long elements = 1;
        for (int length : shape) {
            elements *= length;
        }
        size += elements;
        if (size > MOST) {
            throw new IllegalArgumentException(
                    "method would train more than %d weights of this model, the most that it can; train fewer of them"
                            .formatted(MOST));
        }
        tensors.add(key, path, shape);
    }

    /** The values that the model has, as the layout says. */
    static void read(BaseModel model, TrainedTensors tensors, FloatBuffer into) {
        List<ParameterLayout.Parameter> parameters = tensors.layout().parameters();
        for (int i = 0; i < parameters.size(); i++) {
            String key = tensors.keys().get(i);
            List<Integer> shape = parameters.get(i).shape();
            if (model.tensor(key).transposed()) {
                readTransposed(model, key, shape.get(1), shape.get(0), into);
            } else {
                read(model, key, shape, into);
            }
        }
    }

    /** What the program has as [rows, columns], with these exchanged. */
    private static void readTransposed(BaseModel model, String key, int rows, int columns, FloatBuffer into) {
        FloatBuffer held = FloatBuffer.allocate(rows * columns);
        read(model, key, List.of(rows, columns), held);
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                into.put(held.get(row * columns + column));
            }
        }
    }

    /**
     * The values of the weight that the program finds under this key.
     *
     * @param shape of a linear [outputs, inputs], however the model's file has it
     */
    static void read(BaseModel model, String key, List<Integer> shape, FloatBuffer into) {
        ModelTensor tensor = model.tensor(key);
        if (tensor.copies() > 0) {
            model.read(tensor.held(), tensor.row(), 1, shape.get(0), into);
        } else {
            model.read(tensor.held(), tensor.row(), shape.get(0), shape.size() > 1 ? shape.get(1) : 0, into);
        }
    }
}
