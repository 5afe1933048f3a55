package io.millrace.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a model's tensors straight into native memory that the program then holds, on the model's device. Tensors are read side by side. */
final class WeightBinder {
    /** What TorchScript calls types. */
    private static final Map<DataType, Integer> TORCH_TYPES =
            Map.of(DataType.UINT8, 0, DataType.FLOAT32, 6, DataType.BFLOAT16, 15);

    private final BaseModel model;
    private final Weights weights;

    WeightBinder(BaseModel model, Weights weights) {
        this.model = model;
        this.weights = weights;
    }

    void bindAll() {
        boolean nf4 = model.storage() == LinearStorage.NF4;
        Map<String, List<ModelTensor>> held = new LinkedHashMap<>();
        for (ModelTensor tensor : model.tensors()) {
            check(tensor);
            if (nf4 && tensor.isWeightOfLinear()) {
                bindQuantised(tensor);
            } else {
                held.computeIfAbsent(tensor.held(), name -> new ArrayList<>()).add(tensor);
            }
        }
        bind(held);
        if (nf4) {
            bind("nf4.codes", Nf4.codes());
            bind("nf4.scales", Nf4.scales());
        }
        bind("frequencies", model.config().rope().inverseFrequencies());
        move();
    }

    /** To the model's device, if that isn't the CPU. */
    private void move() {
        try (NDManager scope = model.newScope()) {
            NDArray like = scope.create(new Shape(0));
            if (!NativeArrays.isOnHost(like)) {
                model.run(scope, "move", new NDList(like));
            }
        }
    }

    private void bind(String name, float[] values) {
        if (values.length > 0) {
            try (NDManager scope = model.newScope()) {
                allocate(scope, DataType.FLOAT32, name, values.length)
                        .asFloatBuffer()
                        .put(values);
            }
        }
    }

    /**
     * Reads on all processors: turning a file's encoding into floats is bound by them. The program allocates on this thread alone.
     *
     * @param held by name, what lies one below the other
     */
    private void bind(Map<String, List<ModelTensor>> held) {
        try (NDManager scope = model.newScope()) {
            List<Runnable> reads = new ArrayList<>();
            held.forEach((name, tensors) -> {
                ByteBuffer memory = allocate(scope, type(model.type()), name, shape(tensors));
                reads.add(() -> tensors.forEach(tensor -> read(tensor, model.type(), memory)));
            });
            reads.parallelStream().forEach(Runnable::run);
        }
    }

    private static long[] shape(List<ModelTensor> tensors) {
        int rows = tensors.stream().mapToInt(ModelTensor::rows).sum();
        int columns = tensors.get(0).columns();
        return columns == 0 ? new long[] {rows} : new long[] {rows, columns};
    }

    private void bindQuantised(ModelTensor tensor) {
        int size = Math.multiplyExact(tensor.rows(), tensor.columns());
        if (size % 2 != 0) {
            throw new IllegalArgumentException(
                    "tensor %s has an odd number of values, which NF4 can't hold".formatted(tensor.name()));
        }
        try (NDManager scope = model.newScope()) {
            NDArray values = NativeArrays.onHost(scope, new Shape(size), DataType.FLOAT32);
            read(tensor, FloatType.FLOAT32, NativeArrays.memory(values));
            Nf4.quantise(
                    NativeArrays.view(values),
                    allocate(scope, DataType.UINT8, tensor.key() + ".codes", size / 2),
                    allocate(scope, DataType.UINT8, tensor.key() + ".scales", Nf4.blocks(size)),
                    allocate(scope, DataType.FLOAT32, tensor.key() + ".largest", Nf4.largeBlocks(size) + 1)
                            .asFloatBuffer());
        }
    }

    private static DataType type(FloatType type) {
        return type == FloatType.BFLOAT16 ? DataType.BFLOAT16 : DataType.FLOAT32;
    }

    private void check(ModelTensor tensor) {
        long[] stored = weights.shape(tensor.name());
        long[] wanted = tensor.shape().stream().mapToLong(Integer::longValue).toArray();
        if (!Arrays.equals(stored, wanted)) {
            throw new IllegalArgumentException("tensor %s has shape %s; the model's config makes it %s"
                    .formatted(tensor.name(), Arrays.toString(stored), Arrays.toString(wanted)));
        }
    }

    private void read(ModelTensor tensor, FloatType type, ByteBuffer memory) {
        if (tensor.transposed()) {
            int bytes = type.bytes();
            ByteBuffer stored = ByteBuffer.allocate(Math.multiplyExact(tensor.rows() * bytes, tensor.columns()));
            weights.read(tensor.name(), type, stored);
            Transposition.copy(stored, tensor.columns(), tensor.rows(), bytes, memory);
            return;
        }
        for (int copy = 0; copy < Math.max(1, tensor.copies()); copy++) {
            weights.read(tensor.name(), type, memory);
        }
    }

    private ByteBuffer allocate(NDManager scope, DataType type, String name, long... shape) {
        NDArray sizes = NativeArrays.numbers(scope, shape);
        sizes.setName("shapes." + name);
        NDArray kind = NativeArrays.numbers(scope, new long[] {TORCH_TYPES.get(type)});
        return NativeArrays.memory(
                model.run(scope, "allocate", new NDList(kind, sizes)).singletonOrThrow());
    }
}
