package io.millrace.server.bench;

import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.model.RandomWeights;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.LoraConfig;
import io.millrace.trainer.peft.LoraInitialization;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.LoraModules;
import io.millrace.trainer.peft.PeftFolder;
import io.millrace.trainer.peft.TargetModules;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A PEFT folder to start an adapter from, of a wanted size. */
final class StartingAdapter {
    private static final String WEIGHT = ".weight";
    private static final long MOST_RANK = 1024;

    private StartingAdapter() {}

    /**
     * Writes a folder whose weights take about as many bytes as wanted, by their rank.
     *
     * @return the folder
     */
    static Path write(Path folder, ModelConfig model, long bytes) throws IOException {
        List<Linear> linears = linears(model);
        long bytesPerRank = linears.stream()
                .mapToLong(linear -> (long) Float.BYTES * (linear.inputs() + linear.outputs()))
                .sum();
        LoraConfig config = new LoraConfig(
                (int) Math.min(MOST_RANK, Math.max(1, Math.round((double) bytes / bytesPerRank))),
                32,
                0,
                new TargetModules.AllLinear(),
                Map.of(),
                Map.of(),
                false);
        List<LoraModule> modules = LoraModules.resolve(config, linears);
        FloatBuffer values = FloatBuffer.allocate(LoraModules.layout(modules).size());
        LoraInitialization.fill(modules, 1, values);
        AdapterWeights weights = new AdapterWeights(LoraModules.layout(modules), values.flip());
        new PeftFolder(config, Optional.empty(), modules, weights).write(folder);
        return folder;
    }

    private static List<Linear> linears(ModelConfig model) {
        RandomWeights weights = new RandomWeights(model, 1);
        return weights.names().stream()
                .filter(name -> name.endsWith("_proj" + WEIGHT))
                .map(name -> new Linear(
                        name.substring(0, name.length() - WEIGHT.length()), (int) weights.shape(name)[1], (int)
                                weights.shape(name)[0]))
                .toList();
    }
}
