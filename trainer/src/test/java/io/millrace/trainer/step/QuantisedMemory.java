package io.millrace.trainer.step;

import io.millrace.trainer.Adaptations;
import io.millrace.trainer.TestDevice;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.model.RandomWeights;
import io.millrace.trainer.peft.AdapterWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A process that trains and scores on a base in NF4, and tells by how many bytes its memory rose at most meanwhile. */
final class QuantisedMemory {
    /** What a block's linears take once they are dequantised, bytes: float32, q, k, v, o, gate, up, down. */
    static final long DEQUANTISED_BLOCK = 4L * (4 * 512 * 512 + 3 * 512 * 1536);

    /** Writing 5 to it makes the process's peak start again from what it holds. */
    private static final Path CLEAR_REFS = Path.of("/proc/self/clear_refs");

    private QuantisedMemory() {}

    /** @param arguments the adapter's config, and how many blocks the base has */
    public static void main(String[] arguments) throws IOException {
        ModelConfig config = TinyModel.llama(512, 1536, Integer.parseInt(arguments[1]), 8, 8);
        List<Sequence> batch = TinyModel.sequences(9, 12);
        try (BaseModel model = BaseModel.load(
                config, new RandomWeights(config, 1), FloatType.FLOAT32, LinearStorage.NF4, TestDevice.get())) {
            Adaptation adaptation = Adaptations.of(model, arguments[0]);
            AdapterWeights weights = Adaptations.initial(adaptation, 1);
            try (AdapterLearner learner = AdapterLearner.start(model, adaptation, TrainingState.start(weights, 0))) {
                Files.writeString(CLEAR_REFS, "5");
                long before = bytes("VmRSS:");
                learner.step(batch, new StepSettings(0.01, 1, 0, 1, 4096, 0.9, 7));
                Scorer.losses(model, Optional.of(new TrainedAdapter(adaptation, weights)), batch);
                System.out.println("rose by " + (bytes("VmHWM:") - before));
            }
        }
    }

    private static long bytes(String field) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }
}
