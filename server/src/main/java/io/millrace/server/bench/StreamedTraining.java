package io.millrace.server.bench;

import io.millrace.client.cli.OutputOptions;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.AppendOutcome;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.pipeline.Creation;
import io.millrace.trainer.pipeline.OnlineTrainer;
import io.millrace.trainer.pipeline.TrainerSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jdk.jfr.Recording;

/** A stream of examples trained on from its log to its last checkpoint, in this process, recorded by phase. */
final class StreamedTraining {
    private static final AdapterName ADAPTER = AdapterName.parse("tenants/bench/adapters/streamed");
    private static final StreamName STREAM = new StreamName(ADAPTER, "examples");
    private static final int MOST_EXAMPLES = 200;
    private static final Duration LIMIT = Duration.ofMinutes(30);

    private StreamedTraining() {}

    /** Where the time went. */
    static PhaseTimes run(Base base, List<Example> examples, OutputOptions output) throws IOException {
        List<Example> streamed = examples.subList(0, Math.min(examples.size(), MOST_EXAMPLES));
        output.note("Streaming %d examples …".formatted(streamed.size()));
        try (TemporaryFolder folder = TemporaryFolder.create();
                Recording recording = new Recording()) {
            PhaseTimes.record(recording);
            Path data = folder.path().resolve("data");
            double seconds;
            try (OnlineTrainer trainer = OnlineTrainer.open(data, base, TrainerSettings.DEFAULT, Clock.systemUTC())) {
                Creation creation = trainer.create(ADAPTER, "{}", Map.of(), Optional.empty(), false)
                        .block();
                if (!(creation instanceof Creation.Done)) {
                    throw new IllegalStateException("no adapter to measure with: " + creation);
                }
                recording.start();
                long startedAt = System.nanoTime();
                AppendOutcome appended =
                        trainer.log().append(STREAM, 0, streamed).block();
                if (!(appended instanceof AppendOutcome.Appended)) {
                    throw new IllegalStateException("the examples were not logged: " + appended);
                }
                trainer.commits(ADAPTER)
                        .map(commit -> commit.streams().getOrDefault(STREAM, StreamProgress.NONE))
                        .filter(progress -> progress.settled() >= streamed.size())
                        .blockFirst(LIMIT);
                seconds = (System.nanoTime() - startedAt) / 1e9;
                recording.stop();
            }
            return PhaseTimes.read(recording, folder.path().resolve("recording.jfr"), seconds);
        }
    }
}
