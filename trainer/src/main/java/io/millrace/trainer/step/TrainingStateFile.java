package io.millrace.trainer.step;

import io.millrace.trainer.model.ModelFormatException;
import io.millrace.trainer.model.SafetensorsFile;
import io.millrace.trainer.model.SafetensorsWriter;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A training state as a safetensors file of four flat float32 tensors: parameters, average, first_moment, second_moment. The
 * moments are left out where no step was taken. Files with {@code weights} in the place of {@code parameters} are from a
 * version with another order of the values, and are refused.
 */
public final class TrainingStateFile {
    private static final String PARAMETERS = "parameters";
    private static final String AVERAGE = "average";
    private static final String FIRST_MOMENT = "first_moment";
    private static final String SECOND_MOMENT = "second_moment";

    private TrainingStateFile() {}

    /** Streams the state through a small buffer; the channel stays open. */
    public static void write(WritableByteChannel channel, TrainingState state) throws IOException {
        Map<String, SafetensorsWriter.Tensor> tensors = new HashMap<>();
        tensors.put(PARAMETERS, flat(state.weights().values()));
        tensors.put(AVERAGE, flat(state.average().values()));
        state.moments().ifPresent(moments -> {
            tensors.put(FIRST_MOMENT, flat(moments.first()));
            tensors.put(SECOND_MOMENT, flat(moments.second()));
        });
        SafetensorsWriter.write(channel, tensors);
    }

    private static SafetensorsWriter.Tensor flat(FloatBuffer values) {
        return new SafetensorsWriter.Tensor(new long[] {values.remaining()}, values);
    }

    /**
     * Maps a file; it has to stay as it is while the state is used.
     *
     * @param layout of the weights
     * @param step optimiser steps taken, which the file doesn't hold
     * @throws ModelFormatException if it is no such file, or one of another layout
     */
    public static TrainingState read(Path file, ParameterLayout layout, long step) {
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
            Optional<TrainingState.Moments> moments = tensors.names().contains(FIRST_MOMENT)
                    ? Optional.of(new TrainingState.Moments(
                            values(file, tensors, FIRST_MOMENT, layout), values(file, tensors, SECOND_MOMENT, layout)))
                    : Optional.empty();
            return new TrainingState(
                    new AdapterWeights(layout, values(file, tensors, PARAMETERS, layout)),
                    new AdapterWeights(layout, values(file, tensors, AVERAGE, layout)),
                    moments,
                    step);
        }
    }

    private static FloatBuffer values(Path file, SafetensorsFile tensors, String name, ParameterLayout layout) {
        FloatBuffer values = tensors.view(name);
        if (values.remaining() != layout.size()) {
            throw new ModelFormatException(
                    file,
                    name,
                    "has %d values; this adapter's config needs %d".formatted(values.remaining(), layout.size()));
        }
        return values;
    }
}
