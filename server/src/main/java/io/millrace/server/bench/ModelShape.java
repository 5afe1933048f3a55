package io.millrace.server.bench;

import ai.djl.Device;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.model.RandomWeights;
import io.millrace.trainer.model.Rope;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** Models of SmolLM2's kind in several sizes, with random weights. */
enum ModelShape {
    TINY(128, 384, 4, 2, 1),
    SMALL(320, 896, 14, 5, 1),
    /** SmolLM2-135M. */
    MEDIUM(576, 1536, 30, 9, 3),
    /** SmolLM2-360M. */
    LARGE(960, 2560, 32, 15, 5),
    /** The blocks of Llama 3.2 1B. */
    BILLION(2048, 8192, 16, 32, 8);

    private static final int VOCABULARY = 49152;
    private static final int HEAD_SIZE = 64;
    private static final double ROTARY_BASE = 100_000;

    private final ModelConfig config;

    ModelShape(int hidden, int intermediate, int layers, int heads, int keyHeads) {
        this.config = new ModelConfig(
                "llama",
                VOCABULARY,
                hidden,
                intermediate,
                layers,
                heads,
                keyHeads,
                HEAD_SIZE,
                1e-5f,
                rope(),
                OptionalInt.empty(),
                List.of(),
                false,
                false,
                false,
                false,
                true,
                8192);
    }

    private static Rope rope() {
        float[] frequencies = new float[HEAD_SIZE / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = (float) Math.pow(ROTARY_BASE, -2.0 * i / HEAD_SIZE);
        }
        return new Rope(frequencies, 1);
    }

    int vocabulary() {
        return VOCABULARY;
    }

    /** Weights in all, the embedding included. */
    long parameters() {
        RandomWeights weights = new RandomWeights(config, 1);
        return weights.names().stream()
                .mapToLong(name -> Arrays.stream(weights.shape(name)).reduce(1, Math::multiplyExact))
                .sum();
    }

    BaseModel load(FloatType type, LinearStorage storage, Device device) {
        return BaseModel.load(config, new RandomWeights(config, 1), type, storage, device);
    }
}
