package io.millrace.server.bench;

import io.millrace.client.cli.OutputOptions;
import io.millrace.server.bench.GrowthCurve.Sample;
import io.millrace.server.bench.LinePlot.Scale;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.TokenIds;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.pipeline.OnlineTrainer;
import io.millrace.trainer.pipeline.TrainerSettings;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.Stream;

/** How fast one adapter's stream is trained on while ever more others lie idle on disk. */
final class AdapterGrowth {
    /** Without older examples in its steps: what is measured doesn't grow with what was trained on before. */
    private static final String ACTIVE = "{\"holdout_share\": 0, \"replay_share\": 0, \"replay_share_after_shift\": 0}";

    /** Small and soon trained, so that hundreds of them take neither disk nor minutes. */
    private static final String IDLE = "{\"holdout_share\": 0, \"rank\": 1, \"flush_after_ms\": 1}";

    private static final int LENGTH = 64;
    private static final int SHORT = 8;

    /** Idle adapters that are made at once: what they wait for then overlaps. */
    private static final int TOGETHER = 16;

    /** Eight steps. */
    private static final int EXAMPLES = 64;

    private final Base base;
    private final int rounds;
    private final OutputOptions output;
    private final Random random = new Random(1);

    AdapterGrowth(Base base, int rounds, OutputOptions output) {
        this.base = base;
        this.rounds = rounds;
        this.output = output;
    }

    /** @param counts rising */
    GrowthCurve byCount(List<Integer> counts) throws IOException {
        List<Sample> samples = new ArrayList<>();
        try (TemporaryFolder folder = TemporaryFolder.create();
                OnlineTrainer trainer = OnlineTrainer.open(
                        folder.path().resolve("data"), base, TrainerSettings.DEFAULT, Clock.systemUTC())) {
            TrainerStream active = TrainerStream.create(trainer, adapter(1), ACTIVE);
            active.train(examples(EXAMPLES, LENGTH));
            int adapters = 1;
            for (int count : counts) {
                output.note("%d adapters …".formatted(count));
                while (adapters < count) {
                    int more = Math.min(TOGETHER, count - adapters);
                    addIdle(trainer, adapters, more);
                    adapters += more;
                }
                samples.add(new Sample(count, speed(active), OptionalDouble.empty()));
            }
        }
        return new GrowthCurve(
                "adapters",
                "Speed of one adapter's stream, the others idle on disk",
                "adapters",
                Scale.LINEAR,
                samples);
    }

    /** Some that were trained, so that they have a state on disk. */
    private void addIdle(OnlineTrainer trainer, int present, int more) {
        List<TrainerStream> idle = new ArrayList<>();
        for (int i = 1; i <= more; i++) {
            TrainerStream stream = TrainerStream.create(trainer, adapter(present + i), IDLE);
            stream.append(examples(1, SHORT));
            idle.add(stream);
        }
        idle.forEach(TrainerStream::awaitSettled);
        idle.forEach(TrainerStream::pause);
    }

    private double speed(TrainerStream stream) {
        List<Double> speeds = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            speeds.add(EXAMPLES * LENGTH / stream.train(examples(EXAMPLES, LENGTH)));
        }
        return Median.of(speeds);
    }

    private static AdapterName adapter(int number) {
        return AdapterName.parse("tenants/bench/adapters/a" + number);
    }

    private List<Example> examples(int count, int length) {
        List<Float> weights = new ArrayList<>(Collections.nCopies(length, 1f));
        weights.set(0, 0f);
        int vocabulary = base.model().config().vocabularySize();
        return Stream.generate(() -> random.ints(length, 0, vocabulary).boxed().toList())
                .limit(count)
                .map(ids -> Example.of(new TokenIds(ids, weights)))
                .toList();
    }
}
