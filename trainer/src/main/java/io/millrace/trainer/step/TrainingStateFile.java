package io.millrace.trainer.step;

import io.millrace.trainer.model.ModelFormatException;
import io.millrace.trainer.model.SafetensorsFile;
import io.millrace.trainer.model.SafetensorsWriter;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.FloatBuffer;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Map;

/** A training state as a safetensors file of four flat float32 tensors: weights, average, first_moment, second_moment. */
public final class TrainingStateFile {
    private static final String WEIGHTS = "weights";
    private static final String AVERAGE = "average";
    private static final String FIRST_MOMENT = "first_moment";
    private static final String SECOND_MOMENT = "second_moment";

    private TrainingStateFile() {}

    public static void write(OutputStream out, TrainingState state) throws IOException {
        SafetensorsWriter.write(
                Channels.newChannel(out),
                Map.of(
                        WEIGHTS, flat(state.weights().values()),
                        AVERAGE, flat(state.average().values()),
                        FIRST_MOMENT, flat(state.firstMoment()),
                        SECOND_MOMENT, flat(state.secondMoment())));
    }

    private static SafetensorsWriter.Tensor flat(float[] values) {
        return new SafetensorsWriter.Tensor(new long[] {values.length}, FloatBuffer.wrap(values));
    }

    /**
     * @param layout of the weights
     * @param step optimiser steps taken, which the file doesn't hold
     * @throws ModelFormatException if it is no such file, or one of another layout
     */
    public static TrainingState read(Path file, ParameterLayout layout, long step) {
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
            return new TrainingState(
                    new AdapterWeights(layout, floats(file, tensors, WEIGHTS, layout)),
                    new AdapterWeights(layout, floats(file, tensors, AVERAGE, layout)),
                    floats(file, tensors, FIRST_MOMENT, layout),
                    floats(file, tensors, SECOND_MOMENT, layout),
                    step);
        }
    }

    private static float[] floats(Path file, SafetensorsFile tensors, String name, ParameterLayout layout) {
        float[] values = tensors.floats(name);
        if (values.length != layout.size()) {
            throw new ModelFormatException(
                    file,
                    name,
                    "has %d values; this adapter's config needs %d".formatted(values.length, layout.size()));
        }
        return values;
    }
}
