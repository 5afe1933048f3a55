package io.millrace.trainer.method;

import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.ParameterLayout;
import io.millrace.trainer.search.Supernet;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a configured method changes in one model. */
public interface Adaptation {
    /** Name of the method. */
    String method();

    /** What is trained, and under which names the program finds it. */
    TrainedTensors trained();

    /**
     * Where training starts: the same for the same seed.
     *
     * @param into room for all values as the layout of {@link #trained} says
     */
    void initialise(long seed, FloatBuffer into);

    /** Place in the layout from which on values have the higher rate of LoRA+; its end: there are none. */
    default int startOfFasterValues() {
        return trained().layout().size();
    }

    /**
     * The linears that are adapted, if nothing but LoRA's A and B is trained, without dropout, and laid out as
     * {@link io.millrace.trainer.peft.LoraModules#layout} says: that has a training step of its own.
     */
    default Optional<List<LoraModule>> plainLora() {
        return Optional.empty();
    }

    /** Laid out as what is trained: 1 for each value that steps change, 0 for each that they leave; empty: they change all. */
    default Optional<FloatBuffer> changing() {
        return Optional.empty();
    }

    /** Whether the method has a part in each optimiser step: {@code penalise} or {@code settle} in {@code hooks.py}. */
    default boolean takesPartInSteps() {
        return false;
    }

    /** Of which a part is to be searched for, if the method does that. */
    default Optional<Supernet> supernet() {
        return Optional.empty();
    }

    /** What the program gets besides what is trained: numbers by name, see {@code adapter.py}. */
    default Map<String, Double> settings() {
        return Map.of();
    }

    /** The same, for training steps only. */
    default Map<String, Double> trainingSettings() {
        return Map.of();
    }

    /**
     * What steps measure: for each name, {@code NAME.total} and {@code NAME.count} are numbers among the tensors of a training
     * step, to which the program adds.
     */
    default List<String> means() {
        return List.of();
    }

    /** Tensors that the program gets besides, which stay as they are. */
    default List<FrozenTensor> frozen() {
        return List.of();
    }

    /** Tokens that stand in front of every sequence. */
    default int virtualTokens() {
        return 0;
    }

    /**
     * The contents of {@code adapter_config.json}.
     *
     * @param baseModel hub name or path of the model
     */
    byte[] configFile(Optional<String> baseModel);

    /** What {@code adapter_model.safetensors} holds. */
    default ParameterLayout exported() {
        return trained().layout();
    }

    /** The contents of that file; a view of the weights where they are the same. */
    default AdapterWeights export(AdapterWeights weights) {
        return weights;
    }

    /**
     * The weights from that file: what they compute is the same.
     *
     * @param seed for what the file doesn't hold
     * @param into room for all values as the layout of {@link #trained} says
     */
    default void restore(AdapterWeights exported, long seed, FloatBuffer into) {
        into.put(exported.values());
    }
}
