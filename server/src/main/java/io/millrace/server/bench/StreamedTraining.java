package io.millrace.server.bench;

import io.millrace.client.cli.OutputOptions;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.pipeline.OnlineTrainer;
import io.millrace.trainer.pipeline.TrainerSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import jdk.jfr.Recording;

/** A stream of examples trained on from its log to its last checkpoint, in this process, recorded by phase. */
final class StreamedTraining {
    private static final AdapterName ADAPTER = AdapterName.parse("tenants/bench/adapters/streamed");

    private StreamedTraining() {}

    /** Where the time went. */
    static PhaseTimes run(Base base, List<Example> examples, OutputOptions output) throws IOException {
        output.note("Streaming %d examples …".formatted(examples.size()));
        try (TemporaryFolder folder = TemporaryFolder.create();
                Recording recording = new Recording()) {
            PhaseTimes.record(recording);
            Path data = folder.path().resolve("data");
            double seconds;
            try (OnlineTrainer trainer = OnlineTrainer.open(data, base, TrainerSettings.DEFAULT, Clock.systemUTC())) {
                TrainerStream stream = TrainerStream.create(trainer, ADAPTER, "{}");
                recording.start();
                seconds = stream.train(examples);
                recording.stop();
            }
            return PhaseTimes.read(recording, folder.path().resolve("recording.jfr"), seconds);
        }
    }
}
