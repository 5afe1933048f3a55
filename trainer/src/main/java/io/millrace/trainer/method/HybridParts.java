package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * What hybrid methods are made of: keys and values of virtual tokens, LoRA, and in each block a bottleneck behind the
 * feed-forward network.
 *
 * @param rank of LoRA
 * @param bottleneck width of the bottleneck's middle
 */
record HybridParts(VirtualPrompt prompt, int rank, int bottleneck) {
    private static final int MOST = 4096;
    private static final String RANK = "rank";
    private static final String BOTTLENECK = "bottleneck_size";
    private static final String TOKENS = "num_virtual_tokens";

    /** @param usual sizes if the config says none */
    static HybridParts configure(ConfigFields fields, int usualTokens, int usualRank, int usualBottleneck) {
        return new HybridParts(
                VirtualPrompt.configure(fields, usualTokens),
                fields.integer(RANK, usualRank, 1, MOST),
                fields.integer(BOTTLENECK, usualBottleneck, 1, MOST));
    }

    /** What {@link #configFile} wrote. */
    static Optional<ConfigFields> read(ObjectNode adapterConfig, String method) {
        return AdapterConfigFile.isOfMethod(adapterConfig, method)
                ? Optional.of(
                        new ConfigFields(method, adapterConfig.deepCopy().retain(List.of(TOKENS, RANK, BOTTLENECK))))
                : Optional.empty();
    }

    ObjectNode json(String method) {
        return prompt.json(method).put(RANK, rank).put(BOTTLENECK, bottleneck);
    }

    byte[] configFile(String method, Optional<String> baseModel) {
        return AdapterConfigFile.write(AdapterConfigFile.ofMethod(method, baseModel)
                .put(TOKENS, prompt.count())
                .put(RANK, rank)
                .put(BOTTLENECK, bottleneck));
    }

    /** @param name in files */
    void addPrefix(TrainedTensors.Builder tensors, String name, ModelConfig model) {
        tensors.add("prefix.base", name, prompt.count(), 2 * model.layers() * model.keyValueHeads() * model.headSize());
    }

    /** @param key of A and B in the program, after the linear's */
    void addLora(TrainedTensors.Builder tensors, Linear linear, String key) {
        tensors.add(linear.key() + key + "a", linear.path() + ".lora_A.weight", rank, linear.inputs())
                .add(linear.key() + key + "b", linear.path() + ".lora_B.weight", linear.outputs(), rank);
    }

    void addBottleneck(TrainedTensors.Builder tensors, int layer, ModelConfig model) {
        String key = layer + ".bottleneck.fed_forward.";
        String name = model.block(layer) + ".fed_forward.adapter_";
        tensors.add(key + "down.weight", name + "down.weight", bottleneck, model.hiddenSize())
                .add(key + "down.bias", name + "down.bias", bottleneck)
                .add(key + "up.weight", name + "up.weight", model.hiddenSize(), bottleneck)
                .add(key + "up.bias", name + "up.bias", model.hiddenSize());
    }

    /**
     * The prefix, which comes first, from real tokens; LoRA and the bottlenecks as PyTorch's linears, without effect yet.
     *
     * @param others bound of the uniform distribution that any other tensor is drawn from
     */
    void initialise(
            Host host,
            long seed,
            List<ParameterLayout.Parameter> parameters,
            ToDoubleFunction<ParameterLayout.Parameter> others,
            FloatBuffer into) {
        into.put(prompt.flatKeysAndValues(host, seed));
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 1; i < parameters.size(); i++) {
            SplittableRandom own = random.split();
            double bound = bound(parameters.get(i), parameters.get(i - 1), others);
            for (int n = 0; n < parameters.get(i).size(); n++) {
                into.put((float) ((2 * own.nextDouble() - 1) * bound));
            }
        }
    }

    private static double bound(
            ParameterLayout.Parameter parameter,
            ParameterLayout.Parameter before,
            ToDoubleFunction<ParameterLayout.Parameter> others) {
        String name = parameter.name();
        if (name.endsWith("lora_A.weight") || name.endsWith("adapter_down.weight")) {
            return 1 / Math.sqrt(parameter.shape().get(1));
        } else if (name.endsWith("adapter_down.bias")) {
            return 1 / Math.sqrt(before.shape().get(1));
        }
        return others.applyAsDouble(parameter);
    }
}
