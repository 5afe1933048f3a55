package io.millrace.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads a model's tensors straight into native memory that the program then holds. */
final class WeightBinder {
    private final BaseModel model;
    private final Weights weights;

    WeightBinder(BaseModel model, Weights weights) {
        this.model = model;
        this.weights = weights;
    }

    void bindAll() {
        Map<String, List<ModelTensor>> held = model.tensors().stream()
                .collect(Collectors.groupingBy(ModelTensor::held, LinkedHashMap::new, Collectors.toList()));
        held.forEach(this::bind);
        float[] frequencies = model.config().rope().inverseFrequencies();
        if (frequencies.length > 0) {
            try (NDManager scope = model.newScope()) {
                allocate(scope, "frequencies", frequencies.length)
                        .asFloatBuffer()
                        .put(frequencies);
            }
        }
    }

    /** @param tensors one below the other */
    private void bind(String name, List<ModelTensor> tensors) {
        int rows = tensors.stream().mapToInt(ModelTensor::rows).sum();
        int columns = tensors.get(0).columns();
        long[] shape = columns == 0 ? new long[] {rows} : new long[] {rows, columns};
        try (NDManager scope = model.newScope()) {
            ByteBuffer memory = allocate(scope, name, shape);
            for (ModelTensor tensor : tensors) {
                check(tensor);
                read(tensor, memory);
            }
        }
    }

    private void check(ModelTensor tensor) {
        long[] stored = weights.shape(tensor.name());
        long[] wanted = tensor.shape().stream().mapToLong(Integer::longValue).toArray();
        if (!Arrays.equals(stored, wanted)) {
            throw new IllegalArgumentException("tensor %s has shape %s; the model's config makes it %s"
                    .formatted(tensor.name(), Arrays.toString(stored), Arrays.toString(wanted)));
        }
    }

    private void read(ModelTensor tensor, ByteBuffer memory) {
        if (tensor.transposed()) {
            int bytes = model.type().bytes();
            ByteBuffer stored = ByteBuffer.allocate(Math.multiplyExact(tensor.rows() * bytes, tensor.columns()));
            weights.read(tensor.name(), model.type(), stored);
            Transposition.copy(stored, tensor.columns(), tensor.rows(), bytes, memory);
            return;
        }
        for (int copy = 0; copy < Math.max(1, tensor.copies()); copy++) {
            weights.read(tensor.name(), model.type(), memory);
        }
    }

    private ByteBuffer allocate(NDManager scope, String name, long... shape) {
        NDArray sizes = NativeArrays.of(scope, shape);
        sizes.setName("shapes." + name);
        return NativeArrays.memory(
                model.run(scope, "allocate", new NDList(sizes)).singletonOrThrow());
    }
}
