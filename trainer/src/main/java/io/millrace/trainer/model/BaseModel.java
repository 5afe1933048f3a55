package io.millrace.trainer.model;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.Lock;

/**
 * A frozen language model in native memory, or a GPU's, with the program that computes with it. It belongs to one thread at a time:
 * a training step writes to a scratch area beside the weights.
 */
public final class BaseModel implements AutoCloseable {
    private final ModelConfig config;
    private final FloatType type;
    private final LinearStorage storage;
    private final Model program;
    private final NDManager manager;
    private final ModelTensors tensors;
    private final Lanes lanes;

    private BaseModel(ModelConfig config, FloatType type, LinearStorage storage, Model program) {
        this.config = config;
        this.type = type;
        this.storage = storage;
        this.program = program;
        this.manager = program.getNDManager();
        this.tensors = ModelTensors.of(config);
        this.lanes = new Lanes(manager.getDevice(), PyTorch.threads());
    }

    /**
     * Copies the weights to the device's memory, one tensor at a time; the source may be closed afterwards.
     *
     * @param storage how the linears of its blocks are held
     * @param device see {@link Devices}
     * @throws ModelFormatException if a tensor is missing or damaged
     * @throws IllegalArgumentException if a tensor's shape isn't what the config says
     */
    public static BaseModel load(
            ModelConfig config, Weights weights, FloatType type, LinearStorage storage, Device device) {
        PyTorch.engine();
        Model program = Model.newInstance("millrace", device, "PyTorch");
        try {
            program.load(new ByteArrayInputStream(Program.archive(config, type, Kernels.areFor(device))));
            BaseModel model = new BaseModel(config, type, storage, program);
            new WeightBinder(model, weights).bindAll();
            return model;
        } catch (IOException | MalformedModelException e) {
            program.close();
            throw new IllegalStateException("the model's program doesn't load", e);
        } catch (RuntimeException e) {
            program.close();
            throw e;
        }
    }

    public ModelConfig config() {
        return config;
    }

    public FloatType type() {
        return type;
    }

    /** Weights, a tied head counted once. */
    public long parameters() {
        return ModelTensors.shapes(config).values().stream()
                .mapToLong(shape -> Arrays.stream(shape).reduce(1, (a, b) -> a * b))
                .sum();
    }

    /** How the linears of the blocks are held. */
    public LinearStorage storage() {
        return storage;
    }

    /** Where it computes. */
    public Device device() {
        return manager.getDevice();
    }

    /**
     * Tokens of a pass that keep the device busy, while what is kept of them is small beside the model. A GPU computes thousands in the
     * time that it takes to be told what to do with them; more than 2,048 would be much for a small one's memory.
     */
    public int passTokens() {
        return device().isGpu() ? 2048 : 512;
    }

    /** Whether LoRA's training step that is written out by hand is for this model: dense, and like Llama. */
    public boolean hasStepByHand() {
        return storage == LinearStorage.DENSE && !config.isGpt2();
    }

    /** Every linear of the blocks in order: of a Llama q, k, v, o, gate, up, down of the first, then of the next. */
    public List<Linear> linears() {
        return tensors.linears();
    }

    /** Every tensor that the model has, as its file has them. */
    public List<ModelTensor> tensors() {
        return tensors.all();
    }

    /** The tensor that the program finds under this key. */
    public ModelTensor tensor(String key) {
        return tensors.all().stream()
                .filter(tensor -> tensor.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the model has no tensor " + key));
    }

    /**
     * Copies rows of a weight that the program has, such as {@code 3.input_norm} or {@code embedding}, in float32.
     *
     * @param row the first
     * @param columns so many of its columns, since a training step may have widened a linear; 0: it has one dimension
     * @param into room for the values, which are put at its position
     */
    public void read(String weight, int row, int rows, int columns, FloatBuffer into) {
        try (NDManager scope = newScope()) {
            NDArray part = NativeArrays.numbers(scope, new long[] {row, rows, columns});
            part.setName("parts." + weight);
            NDArray found = run(scope, "read", new NDList(part)).singletonOrThrow();
            into.put(NativeArrays.view(found.toDevice(Device.cpu(), false)));
        }
    }

    /** Bytes that the weights of the linears take as they are held, without their biases. */
    public long bytesOfLinears() {
        try (NDManager scope = newScope()) {
            return run(scope, "bytes_of_linears", new NDList())
                    .singletonOrThrow()
                    .getLong();
        }
    }

    /** A scope for native arrays, which closing it frees. */
    public NDManager newScope() {
        return manager.newSubManager();
    }

    /**
     * Runs a method of the program, whose text says what it takes and returns.
     *
     * @param scope owner of the results
     * @param inputs in the order of the method's parameters; arrays named {@code x[]} make up one list
     */
    public NDList run(NDManager scope, String method, NDList inputs) {
        return run(scope, method, inputs, true);
    }

    /**
     * The same in PyTorch's inference mode, which spares each operation autograd's bookkeeping, a microsecond or more: for a
     * method that asks for no gradients. What it returns or keeps can't become part of a graph later.
     */
    public NDList runInInferenceMode(NDManager scope, String method, NDList inputs) {
        return run(scope, method, inputs, false);
    }

    /** How many passes {@link #runSideBySide} can run at once, each with its share of the processors. */
    public int lanes() {
        return lanes.count();
    }

    /**
     * Runs a method as {@link #runInInferenceMode} does, once for each of the inputs, all of them at once.
     *
     * @param inputs at most one for each lane; the method's first parameter, the lane, is put in front
     */
    public List<NDList> runSideBySide(NDManager scope, String method, List<NDList> inputs) {
        return lanes.run(inputs.size(), lane -> {
            NDList all = new NDList(NativeArrays.numbers(scope, new long[] {lane}));
            all.addAll(inputs.get(lane));
            return runInInferenceMode(scope, method, all);
        });
    }

    private NDList run(NDManager scope, String method, NDList inputs, boolean gradMode) {
        PyTorch.engine();
        NDArray selector = scope.create(new Shape(0));
        selector.setName("module_method:" + method);
        NDList all = new NDList(inputs.size() + 1);
        all.add(selector);
        all.addAll(inputs);
        Lock operation = EngineExit.operation();
        operation.lock();
        try {
            return program.getBlock().forward(new ParameterStore(scope, false), all, gradMode);
        } finally {
            operation.unlock();
        }
    }

    /** Waits for what a GPU still has to do: there, {@link #run} returns before its work is done. For who measures time. */
    public void synchronise() {
        try (NDManager scope = newScope()) {
            scope.zeros(new Shape(1)).getFloat(); // a number can be read once all before it is done
        }
    }

    /** Frees the native memory. */
    @Override
    public void close() {
        lanes.close();
        program.close();
    }
}
