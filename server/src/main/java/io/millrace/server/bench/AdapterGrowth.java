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
    private static final String CONFIG = "{\"holdout_share\": 0}";
    private static final int LENGTH = 64;

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
            TrainerStream active = TrainerStream.create(trainer, adapter(1), CONFIG);
            active.train(examples(EXAMPLES));
            int adapters = 1;
            for (int count : counts) {
                output.note("%d adapters …".formatted(count));
                for (; adapters < count; adapters++) {
                    addIdle(trainer, adapter(adapters + 1));
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

    /** One that was trained, so that it has a state on disk. */
    private void addIdle(OnlineTrainer trainer, AdapterName name) {
        TrainerStream idle = TrainerStream.create(trainer, name, CONFIG);
        idle.train(examples(1));
        idle.pause();
    }

    private double speed(TrainerStream stream) {
        List<Double> speeds = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            speeds.add(EXAMPLES * LENGTH / stream.train(examples(EXAMPLES)));
        }
        return Median.of(speeds);
    }

    private static AdapterName adapter(int number) {
        return AdapterName.parse("tenants/bench/adapters/a" + number);
    }

    private List<Example> examples(int count) {
        List<Float> weights = new ArrayList<>(Collections.nCopies(LENGTH, 1f));
        weights.set(0, 0f);
        int vocabulary = base.model().config().vocabularySize();
        return Stream.generate(() -> random.ints(LENGTH, 0, vocabulary).boxed().toList())
                .limit(count)
                .map(ids -> Example.of(new TokenIds(ids, weights)))
                .toList();
    }
}
