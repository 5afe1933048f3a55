package io.millrace.trainer.step;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.LossTally;
import io.millrace.trainer.batch.PackedBatch;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.HostView;
import io.millrace.trainer.model.NativeArrays;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Any method with AdamW. The trained weights are float32; what is computed with them has the base model's type. A run that
 * stops and starts again from its {@link #state} ends with the same bits, on the same build, kind of CPU and number of
 * threads. On a GPU that holds for LoRA's own step; autograd adds up there in any order what sequences share.
 */
public final class AdapterLearner implements Learner {
    private final BaseModel model;
    private final ParameterLayout layout;
    private final BackwardPass backward;
    private final StepGuard guard;
    private final NDManager scope;
    private final NDArray gradient;
    private final NDArray average;
    private final NDArray firstMoment;
    private final NDArray secondMoment;
    private final HostView weightsView;
    private final HostView averageView;
    private final HostView firstMomentView;
    private final HostView secondMomentView;
    private final List<NDList> optimiserParts;
    private final Optional<NDArray> changing;
    private final boolean methodTakesPart;
    private Map<String, Double> means = Map.of();
    private long step;

    /** What a pass forward and backward over a batch gave, besides the gradient. */
    private record Measurement(List<ExampleLoss> losses, double gradientNorm) {}

    private AdapterLearner(BaseModel model, Adaptation adaptation, TrainingState state, BackwardPass backward) {
        this.model = model;
        this.layout = state.weights().layout();
        this.backward = backward;
        this.guard = new StepGuard(model.config().vocabularySize());
        this.step = state.step();
        this.scope = model.newScope();
        this.gradient = backward.gradient();
        this.average = NativeArrays.of(scope, state.average().values());
        this.firstMoment = moment(state, TrainingState.Moments::first);
        this.secondMoment = moment(state, TrainingState.Moments::second);
        this.weightsView = HostView.of(model, scope, backward.flat());
        this.averageView = HostView.of(model, scope, average);
        this.firstMomentView = HostView.of(model, scope, firstMoment);
        this.secondMomentView = HostView.of(model, scope, secondMoment);
        this.changing = adaptation.changing().map(mask -> NativeArrays.of(scope, mask));
        this.methodTakesPart = adaptation.takesPartInSteps();
        int faster = adaptation.startOfFasterValues();
        this.optimiserParts = faster < layout.size()
                ? List.of(optimiserInputs(0, faster), optimiserInputs(faster, layout.size()))
                : List.of(optimiserInputs(0, layout.size()));
    }

    /** What {@code update} takes before its settings, of the values from one place to another. */
    private NDList optimiserInputs(int from, int to) {
        return new NDList(
                part(backward.flat(), from, to, "values[]"),
                part(gradient, from, to, "gradient[]"),
                part(firstMoment, from, to, "first[]"),
                part(secondMoment, from, to, "second[]"),
                part(average, from, to, "average[]"));
    }

    private static NDArray part(NDArray flat, int from, int to, String name) {
        NDArray part = flat.get(new NDIndex("{}:{}", from, to));
        part.setName(name);
        return part;
    }

    private NDArray moment(TrainingState state, Function<TrainingState.Moments, FloatBuffer> which) {
        return state.moments()
                .map(moments -> NativeArrays.of(scope, which.apply(moments)))
                .orElseGet(() -> scope.zeros(new Shape(layout.size())));
    }

    /**
     * LoRA without dropout has a backward pass written out by hand where the model is dense and like Llama, all else goes by autograd.
     *
     * @param state laid out as the adaptation's trained tensors
     * @throws IllegalArgumentException if adaptation, layout and model don't fit each other
     */
    public static AdapterLearner start(BaseModel model, Adaptation adaptation, TrainingState state) {
        BackwardPass backward = adaptation
                .plainLora()
                .filter(modules -> model.hasStepByHand())
                .<BackwardPass>map(modules -> new LoraBackwardPass(model, modules, state.weights()))
                .orElseGet(() -> new AutogradBackwardPass(model, adaptation, state.weights()));
        return start(model, adaptation, state, backward);
    }

    static AdapterLearner start(BaseModel model, Adaptation adaptation, TrainingState state, BackwardPass backward) {
        return new AdapterLearner(model, adaptation, state, backward);
    }

    @Override
    public StepOutcome step(List<Sequence> batch, StepSettings settings) {
        Measurement measured = measure(batch, settings);
        means = backward.takeMeans();
        Optional<String> fault = guard.fault(measured.losses(), measured.gradientNorm());
        if (fault.isPresent()) {
            List<Integer> offenders = guard.offenders(measured.losses(), i -> faultyAlone(batch.get(i), settings));
            return new StepOutcome.Rejected(measured.losses(), offenders, fault.get());
        }
        update(measured.gradientNorm(), settings);
        return new StepOutcome.Applied(measured.losses(), measured.gradientNorm());
    }

    /** The gradient of the batch's loss, laid out as the weights; changes nothing. */
    float[] gradient(List<Sequence> batch, StepSettings settings) {
        measure(batch, settings);
        return gradient.toFloatArray();
    }

    private Measurement measure(List<Sequence> batch, StepSettings settings) {
        double totalWeight = batch.stream().mapToDouble(Sequence::totalWeight).sum();
        if (!(totalWeight > 0)) {
            throw new IllegalArgumentException(
                    "the batch of %d sequences has no token to train on".formatted(batch.size()));
        }
        SplittableRandom seeds = new SplittableRandom(settings.seed());
        LossTally tally = new LossTally(batch);
        begin();
        for (List<PackedBatch> wave : pack(batch, settings)) {
            List<PackedBatch> passes =
                    wave.stream().filter(PackedBatch::isTrained).toList();
            if (!passes.isEmpty()) {
                // only a sequence that is longer than a pass may be makes a longer one
                boolean recompute = passes.get(0).ids().length > settings.microBatchTokens();
                addGradients(passes, totalWeight, seeds.nextLong() >>> 1, recompute, tally);
            }
        }
        return new Measurement(tally.losses(), maskedGradientNorm());
    }

    private void begin() {
        try (Phase phase = Phase.begin(Phase.Kind.GRADIENTS);
                NDManager scope = model.newScope()) {
            model.run(scope, "clear", new NDList(gradient));
            backward.begin();
        }
    }

    private double maskedGradientNorm() {
        try (Phase phase = Phase.begin(Phase.Kind.GRADIENTS);
                NDManager scope = model.newScope()) {
            changing.ifPresent(mask -> model.run(scope, "mask", new NDList(gradient, mask)));
            return model.run(scope, "gradient_norm", new NDList(gradient))
                    .singletonOrThrow()
                    .getFloat();
        }
    }

    private List<List<PackedBatch>> pack(List<Sequence> batch, StepSettings settings) {
        try (Phase phase = Phase.begin(Phase.Kind.PACK)) {
            return PackedBatch.sideBySide(
                    backward.virtualTokens().before(batch), settings.microBatchTokens(), backward.lanes());
        }
    }

    /** Adds the gradient of these packs' share of the batch's loss, and their losses to the tally. */
    private void addGradients(
            List<PackedBatch> packs, double totalWeight, long seed, boolean recompute, LossTally tally) {
        try (Phase phase = Phase.begin(Phase.Kind.GRADIENTS);
                NDManager scope = model.newScope()) {
            List<BackwardPass.Pass> passes =
                    packs.stream().map(pack -> pass(scope, pack, totalWeight)).toList();
            List<NDList> losses = backward.run(scope, passes, seed, recompute);
            for (int i = 0; i < packs.size(); i++) {
                tally.add(packs.get(i), losses.get(i).singletonOrThrow().toFloatArray());
            }
        }
    }

    private static BackwardPass.Pass pass(NDManager scope, PackedBatch pack, double totalWeight) {
        float[] shares = new float[pack.weights().length];
        for (int i = 0; i < shares.length; i++) {
            shares[i] = (float) (pack.weights()[i] / totalWeight);
        }
        return new BackwardPass.Pass(NativeArrays.labelled(scope, pack), NativeArrays.of(scope, shares));
    }

    private boolean faultyAlone(Sequence sequence, StepSettings settings) {
        if (sequence.trainedTokens() == 0) {
            return false;
        }
        Measurement alone = measure(List.of(sequence), settings);
        return guard.fault(alone.losses(), alone.gradientNorm()).isPresent();
    }

    /** Clips as {@code torch.nn.utils.clip_grad_norm_} does, then AdamW. */
    private void update(double gradientNorm, StepSettings settings) {
        double factor = Math.min(1, settings.maxGradientNorm() / (gradientNorm + 1e-6));
        try (Phase phase = Phase.begin(Phase.Kind.OPTIMISE)) {
            method("penalise");
            update(optimiserParts.get(0), settings.learningRate(), factor, settings);
            if (optimiserParts.size() > 1) {
                update(optimiserParts.get(1), settings.learningRate() * settings.rateRatioOfB(), factor, settings);
            }
            step++;
            method("settle");
        }
    }

    /** Has the method do its part in a step. */
    private void method(String part) {
        if (methodTakesPart) {
            try (NDManager scope = model.newScope()) {
                NDList inputs = new NDList(NativeArrays.numbers(scope, new long[] {step}));
                inputs.addAll(backward.named());
                model.run(scope, part, inputs);
            }
        }
    }

    private void update(NDList part, double rate, double factor, StepSettings settings) {
        try (NDManager scope = model.newScope()) {
            NDList inputs = new NDList(part);
            inputs.add(NativeArrays.numbers(
                    scope, new double[] {rate, settings.weightDecay(), factor, step + 1, settings.averageDecay()}));
            model.run(scope, "update", inputs);
        }
    }

    @Override
    public Map<String, Double> means() {
        return means;
    }

    @Override
    public AdapterWeights average() {
        return new AdapterWeights(layout, averageView.read());
    }

    @Override
    public void set(int place, float[] values) {
        for (NDArray array : List.of(backward.flat(), average)) {
            try (NDManager scope = model.newScope();
                    NDArray target = part(array, place, place + values.length, "target[]")) {
                NDArray source = NativeArrays.of(scope, values);
                source.setName("source[]");
                model.run(scope, "copy", new NDList(source, target));
            }
        }
    }

    @Override
    public TrainingState state() {
        return new TrainingState(
                new AdapterWeights(layout, weightsView.read()),
                average(),
                Optional.of(new TrainingState.Moments(firstMomentView.read(), secondMomentView.read())),
                step);
    }

    @Override
    public void close() {
        backward.close();
        scope.close();
    }
}
