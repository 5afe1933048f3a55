package io.millrace.trainer.model;

import java.nio.file.Path;
import java.util.Arrays;

/** Whether a model's weights have the tensors that its configuration calls for. */
final class RequiredTensors {
    private RequiredTensors() {}

    /** @throws ModelFormatException naming the source and the first tensor that is missing or has another shape */
    static void check(Path source, ModelConfig config, Weights weights) {
        ModelTensors.shapes(config).forEach((name, shape) -> check(source, name, shape, weights));
    }

    private static void check(Path source, String name, long[] shape, Weights weights) {
        if (!weights.names().contains(name)) {
            throw new ModelFormatException(source, name, "is missing, but the configuration calls for it");
        }
        long[] found = weights.shape(name);
        if (!Arrays.equals(found, shape)) {
            throw new ModelFormatException(
                    source,
                    name,
                    "has shape %s, but the configuration calls for %s"
                            .formatted(Arrays.toString(found), Arrays.toString(shape)));
        }
    }
}
