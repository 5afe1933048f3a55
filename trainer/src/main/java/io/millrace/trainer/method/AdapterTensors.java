package io.millrace.trainer.method;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.NativeArrays;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** An adapter in native memory as the model's program takes it: flat values, and views of them by name. */
public final class AdapterTensors implements AutoCloseable {
    private static final String ADAPTER = "adapter.";
    private static final String GRADIENT = "gradient.";

    private final TrainedTensors trained;
    private final VirtualTokens virtualTokens;
    private final NDManager scope;
    private final NDArray flat;
    private final Optional<FloatBuffer> changing;
    private final NDList inputs = new NDList();
    private final Map<String, RunningMean> means = new LinkedHashMap<>();

    private AdapterTensors(
            TrainedTensors trained,
            Optional<FloatBuffer> changing,
            VirtualTokens virtualTokens,
            NDManager scope,
            NDArray flat) {
        this.trained = trained;
        this.changing = changing;
        this.virtualTokens = virtualTokens;
        this.scope = scope;
        this.flat = flat;
    }

    private static AdapterTensors none(BaseModel model) {
        NDManager scope = model.newScope();
        AdapterTensors tensors = new AdapterTensors(
                new TrainedTensors.Builder().build(),
                Optional.empty(),
                new VirtualTokens(0, model.config().vocabularySize()),
                scope,
                scope.create(new Shape(0)));
        tensors.put("none", scope.create(0f));
        return tensors;
    }

    /** @param adapter its weights are copied; empty: the model as it is */
    public static AdapterTensors toScore(BaseModel model, Optional<TrainedAdapter> adapter) {
        return adapter.map(present -> of(model, present.adaptation(), present.weights()))
                .orElseGet(() -> none(model));
    }

    /** @param weights copied */
    public static AdapterTensors toTrain(BaseModel model, Adaptation adaptation, AdapterWeights weights) {
        AdapterTensors tensors = of(model, adaptation, weights);
        tensors.put(adaptation.trainingSettings());
        adaptation.means().forEach(tensors::measure);
        return tensors;
    }

    private static AdapterTensors of(BaseModel model, Adaptation adaptation, AdapterWeights weights) {
        NDManager scope = model.newScope();
        AdapterTensors tensors = new AdapterTensors(
                adaptation.trained(),
                adaptation.changing(),
                new VirtualTokens(adaptation.virtualTokens(), model.config().vocabularySize()),
                scope,
                NativeArrays.of(scope, weights.values()));
        tensors.flat.setName("values[]");
        tensors.put(adaptation.method(), NativeArrays.numbers(scope, new double[] {1}));
        tensors.put(adaptation.settings());
        if (adaptation.virtualTokens() > 0) {
            tensors.put(Map.of("virtual", (double) adaptation.virtualTokens()));
        }
        for (FrozenTensor frozen : adaptation.frozen()) {
            tensors.put(frozen.key(), NativeArrays.of(scope, frozen.values()).reshape(shape(frozen.shape())));
        }
        tensors.inputs.addAll(tensors.views(tensors.flat, ADAPTER, parameter -> true));
        return tensors;
    }

    private void measure(String name) {
        NDArray total = NativeArrays.of(scope, new double[] {0});
        NDArray count = NativeArrays.of(scope, new double[] {0});
        put(name + ".total", total);
        put(name + ".count", count);
        means.put(name, new RunningMean(total, count));
    }

    /** What was measured since this was last asked for; nothing of what wasn't. */
    public Map<String, Double> takeMeans() {
        Map<String, Double> taken = new LinkedHashMap<>();
        means.forEach((name, mean) -> mean.take().ifPresent(value -> taken.put(name, value)));
        return taken;
    }

    private void put(Map<String, Double> settings) {
        settings.forEach((name, value) -> put(name, NativeArrays.numbers(scope, new double[] {value})));
    }

    private void put(String key, NDArray array) {
        array.setName(ADAPTER + key);
        inputs.add(array);
    }

    private NDList views(NDArray values, String prefix, Predicate<ParameterLayout.Parameter> wanted) {
        NDList views = new NDList();
        List<ParameterLayout.Parameter> parameters = trained.layout().parameters();
        for (int i = 0; i < parameters.size(); i++) {
            ParameterLayout.Parameter parameter = parameters.get(i);
            if (!wanted.test(parameter)) {
                continue;
            }
            NDArray view = values.get(
                            new NDIndex().addSliceDim(parameter.offset(), parameter.offset() + parameter.size()))
                    .reshape(shape(parameter.shape()));
            view.setName(prefix + trained.keys().get(i));
            views.add(view);
        }
        return views;
    }

    private static Shape shape(List<Integer> sizes) {
        return new Shape(sizes.stream().mapToLong(Integer::longValue).toArray());
    }

    /** All trained values, float32. */
    public NDArray flat() {
        return flat;
    }

    /** What stands in front of every sequence that goes to the program with this. */
    public VirtualTokens virtualTokens() {
        return virtualTokens;
    }

    /** The last argument of the program's methods. */
    public NDList inputs() {
        return inputs;
    }

    /**
     * Views of a gradient by name, as the program takes it: of the tensors that steps change.
     *
     * @param gradient laid out as the weights; the views last as long as it does
     */
    public NDList gradients(NDArray gradient) {
        return views(gradient, GRADIENT, parameter -> changing.isEmpty() || changesAny(changing.get(), parameter));
    }

    private static boolean changesAny(FloatBuffer mask, ParameterLayout.Parameter parameter) {
        for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
            if (mask.get(i) != 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        scope.close();
    }
}
