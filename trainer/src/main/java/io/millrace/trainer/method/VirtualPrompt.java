package io.millrace.trainer.method;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.batch.PackedBatch;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.model.NativeArrays;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Virtual tokens and what they start from: real ones. Methods that put tokens in front learn badly from random numbers.
 *
 * @param count how many
 * @param text whose tokens they start from, over and over; absent: tokens drawn from the vocabulary
 */
record VirtualPrompt(int count, Optional<String> text) {
    private static final int MOST = 1024;

    static VirtualPrompt configure(ConfigFields fields) {
        return configure(fields, 20);
    }

    /** @param usual how many there are if the config doesn't say */
    static VirtualPrompt configure(ConfigFields fields, int usual) {
        return new VirtualPrompt(
                fields.integer("num_virtual_tokens", usual, 1, MOST), fields.text("prompt_tuning_init_text"));
    }

    /** Of a prompt that was trained elsewhere. */
    static VirtualPrompt read(ObjectNode adapterConfig) {
        int count = adapterConfig.path("num_virtual_tokens").asInt(0);
        if (count < 1 || count > MOST) {
            throw new IllegalArgumentException("num_virtual_tokens is %s; it must be a whole number from 1 to %d"
                    .formatted(adapterConfig.path("num_virtual_tokens"), MOST));
        }
        return new VirtualPrompt(count, Optional.empty());
    }

    ObjectNode json(String method) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("method", method)
                .put("num_virtual_tokens", count)
                .put("prompt_tuning_init_text", text.orElse(null));
    }

    /** @throws IllegalArgumentException if the model has no room for them */
    void check(ModelConfig config) {
        if (2 * count > config.contextLength()) {
            throw new IllegalArgumentException(
                    "num_virtual_tokens is %d; at most half of the model's context of %d tokens may be virtual"
                            .formatted(count, config.contextLength()));
        }
    }

    /** The real tokens that they start from. */
    int[] tokens(Host host, long seed) {
        int[] given = text.map(host.tokens()).orElse(new int[0]);
        if (text.isPresent() && given.length == 0) {
            throw new IllegalArgumentException("prompt_tuning_init_text is empty; leave it out or give some text");
        }
        SplittableRandom random = new SplittableRandom(seed);
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = given.length > 0
                    ? given[i % given.length]
                    : random.nextInt(host.model().config().vocabularySize());
        }
        return tokens;
    }

    /** Their embeddings, one after the other. */
    float[] embeddings(Host host, long seed) {
        BaseModel model = host.model();
        try (NDManager scope = model.newScope()) {
            long[] ids = Arrays.stream(tokens(host, seed)).asLongStream().toArray();
            return model.run(scope, "embeddings", new NDList(NativeArrays.of(scope, ids)))
                    .singletonOrThrow()
                    .toFloatArray();
        }
    }

    /** What attention makes of them: keys and values of block 0, then of block 1, ..., each [count, key heads D]. */
    List<float[]> keysAndValues(Host host, long seed) {
        int[] ids = tokens(host, seed);
        int[] atLeastTwo = ids.length > 1 ? ids : new int[] {ids[0], ids[0]};
        try (NDManager scope = host.model().newScope()) {
            NDList found = host.model()
                    .run(
                            scope,
                            "keys_and_values",
                            NativeArrays.tokens(
                                    scope,
                                    PackedBatch.of(List.of(new Sequence(atLeastTwo, new float[atLeastTwo.length])))));
            return found.stream().map(array -> array.toFloatArray()).toList();
        }
    }

    /** The same as one [count, 2 L key heads D], block by block keys and then values. */
    float[] flatKeysAndValues(Host host, long seed) {
        return sideBySide(keysAndValues(host, seed), host.model().config());
    }

    /** Each [at least count, key heads D], as the columns of one. */
    float[] sideBySide(List<float[]> parts, ModelConfig model) {
        int width = model.keyValueHeads() * model.headSize();
        float[] all = new float[count * parts.size() * width];
        for (int row = 0; row < count; row++) {
            for (int part = 0; part < parts.size(); part++) {
                System.arraycopy(parts.get(part), row * width, all, (row * parts.size() + part) * width, width);
            }
        }
        return all;
    }

    /** Fields of an {@code adapter_config.json} that all prompts have. */
    ObjectNode fields(String peftType, Optional<String> baseModel, ModelConfig config) {
        return AdapterConfigFile.ofPeftType(peftType, baseModel)
                .put("num_attention_heads", config.heads())
                .put("num_layers", config.layers())
                .put("num_transformer_submodules", 1)
                .put("num_virtual_tokens", count)
                .put("token_dim", config.hiddenSize());
    }
}
