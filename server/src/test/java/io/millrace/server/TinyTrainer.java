package io.millrace.server;

import ai.djl.Device;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelFiles;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.pipeline.OnlineTrainer;
import io.millrace.trainer.pipeline.TrainerSettings;
import java.nio.file.Path;
import java.time.Clock;

/** A real trainer of a tiny random model, the one that the trainer's own tests use. */
public final class TinyTrainer {
    private TinyTrainer() {}

    /** The folders of the reference models. */
    public static Path reference() {
        return Path.of("../trainer/src/test/resources/reference");
    }

    public static Base load() {
        try (ModelFiles files = ModelFiles.open(reference().resolve("tiny-llama"))) {
            return Base.load(files, "tiny-llama", FloatType.FLOAT32, LinearStorage.DENSE, Device.cpu());
        }
    }

    public static OnlineTrainer open(Path directory, Base base) {
        return OnlineTrainer.open(directory, base, TrainerSettings.DEFAULT, Clock.systemUTC());
    }
}
