package io.millrace.trainer;

import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.model.Rope;
import io.millrace.trainer.model.Weights;
import io.millrace.trainer.peft.LoraAdapter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.function.ToIntFunction;

/** Small models with random weights, for what doesn't need an independent reference. */
public final class TinyModel {
    public static final int VOCABULARY = 320;

    private TinyModel() {}

    /** A Llama: tied head, no biases. */
    public static ModelConfig plain() {
        return llama(32, 80, 3, 4, 2);
    }

    /** The same in another size. */
    public static ModelConfig llama(int hidden, int intermediate, int layers, int heads, int keyValueHeads) {
        int headSize = hidden / heads;
        return new ModelConfig(
                "llama",
                VOCABULARY,
                hidden,
                intermediate,
                layers,
                heads,
                keyValueHeads,
                headSize,
                1e-5f,
                rope(headSize),
                OptionalInt.empty(),
                List.of(),
                false,
                false,
                false,
                false,
                true,
                1024);
    }

    /**
     * All that any of the architectures has, at once: biases everywhere, head norms, a window on every other layer, own
     * head.
     */
    public static ModelConfig everything() {
        return new ModelConfig(
                "qwen3",
                VOCABULARY,
                32,
                80,
                3,
                6,
                2,
                12,
                1e-6f,
                new Rope(rope(12).inverseFrequencies(), 1.2f),
                OptionalInt.of(7),
                List.of(true, false, true),
                true,
                true,
                true,
                true,
                false,
                1024);
    }

    /** A GPT-2. */
    public static ModelConfig gpt2() {
        return new ModelConfig(
                "gpt2",
                VOCABULARY,
                32,
                80,
                3,
                4,
                4,
                8,
                1e-5f,
                Rope.NONE,
                OptionalInt.empty(),
                List.of(),
                true,
                true,
                true,
                false,
                true,
                1024);
    }

    private static Rope rope(int headSize) {
        float[] frequencies = new float[headSize / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = (float) Math.pow(10000, -2.0 * i / headSize);
        }
        return new Rope(frequencies, 1);
    }

    public static BaseModel load(ModelConfig config, FloatType type) {
        return BaseModel.load(config, weights(config), type, LinearStorage.DENSE, TestDevice.get());
    }

    /** @param replaced tensors with given values; the others are random, always the same */
    public static BaseModel load(ModelConfig config, FloatType type, Map<String, float[]> replaced) {
        return BaseModel.load(config, new RandomWeights(config, replaced), type, LinearStorage.DENSE, TestDevice.get());
    }

    /** Random weights, always the same. */
    public static Weights weights(ModelConfig config) {
        return new RandomWeights(config, Map.of());
    }

    /** The same with some replaced. */
    public static Weights weights(ModelConfig config, Map<String, float[]> replaced) {
        return new RandomWeights(config, replaced);
    }

    /** The values that a tensor has unless it is replaced. */
    public static float[] values(ModelConfig config, String name) {
        return new RandomWeights(config, Map.of()).values(name);
    }

    /** LoRA with random A and B, where the rank isn't 0; always the same. */
    public static LoraAdapter adapter(BaseModel model, ToIntFunction<String> rank) {
        return ReferenceModel.adapter(
                model,
                rank,
                path -> 1 + path.length() % 3,
                parameter -> gaussian(parameter.name(), parameter.size(), 0.1));
    }

    /** Random sequences of the given lengths, trained from their third token on with weights that differ. */
    public static List<Sequence> sequences(int... lengths) {
        Random random = new Random(Arrays.hashCode(lengths));
        return Arrays.stream(lengths)
                .mapToObj(length -> {
                    float[] weights = new float[length];
                    for (int i = 2; i < length; i++) {
                        weights[i] = 0.5f + random.nextFloat();
                    }
                    return new Sequence(random.ints(length, 3, VOCABULARY).toArray(), weights);
                })
                .toList();
    }

    private static float[] gaussian(String seed, int size, double deviation) {
        Random random = new Random(seed.hashCode());
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (random.nextGaussian() * deviation);
        }
        return values;
    }

    private record RandomWeights(ModelConfig config, Map<String, float[]> replaced) implements Weights {
        @Override
        public Set<String> names() {
            return Set.of();
        }

        @Override
        public long[] shape(String name) {
            return new io.millrace.trainer.model.RandomWeights(config, 0).shape(name);
        }

        float[] values(String name) {
            if (replaced.containsKey(name)) {
                return replaced.get(name);
            }
            long[] shape = shape(name);
            if (shape.length == 2) {
                return gaussian(name, (int) (shape[0] * shape[1]), 1 / Math.sqrt(shape[1]));
            }
            float[] values = gaussian(name, (int) shape[0], 0.1);
            if (name.contains("norm") || name.contains(".ln_") && name.endsWith(".weight")) {
                for (int i = 0; i < values.length; i++) {
                    values[i]++;
                }
            }
            return values;
        }

        @Override
        public void read(String name, FloatType type, ByteBuffer into) {
            ByteBuffer memory = into.slice().order(ByteOrder.nativeOrder());
            for (float value : values(name)) {
                if (type == FloatType.FLOAT32) {
                    memory.putFloat(value);
                } else {
                    memory.putShort((short) ((Float.floatToRawIntBits(value) + 0x8000) >>> 16));
                }
            }
            into.position(into.position() + memory.position());
        }

        @Override
        public void close() {}
    }
}
