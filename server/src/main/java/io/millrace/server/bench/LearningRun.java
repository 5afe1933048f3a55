package io.millrace.server.bench;

import io.millrace.server.bench.LearningCurve.Seen;
import io.millrace.server.bench.LearningCurve.StepTime;
import io.millrace.server.command.Scoring;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.pipeline.Rehearsal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** Trains with one setting, and looks now and then at what is answered. */
final class LearningRun {
    private final Base base;
    private final Rehearsal rehearsal;
    private final int every;
    private final Consumer<String> progress;
    private final List<StepTime> steps = new ArrayList<>();
    private long tokens;

    private LearningRun(Base base, Rehearsal rehearsal, int every, Consumer<String> progress) {
        this.base = base;
        this.rehearsal = rehearsal;
        this.every = every;
        this.progress = progress;
    }

    /** @param every examples between two looks */
    static LearningCurve of(
            Base base, LearningData data, LearningSetting setting, long seed, int every, Consumer<String> progress)
            throws IOException {
        try (TemporaryFolder folder = TemporaryFolder.create();
                Rehearsal rehearsal = Rehearsal.open(folder.path().resolve("data"), base, setting.json(), seed)) {
            LearningRun run = new LearningRun(base, rehearsal, every, progress);
            List<Seen> stream = run.learn(data.stream(), data.before(), 0);
            List<Seen> change =
                    run.learn(data.change(), data.after(), data.stream().size());
            double general = run.scoring().score(data.general(), false).meanLoss();
            return new LearningCurve(setting, seed, stream, change, run.steps, general);
        }
    }

    /**
     * @param asked what is looked at
     * @param settledBefore examples of earlier streams
     */
    private List<Seen> learn(List<Example> examples, List<Example> asked, long settledBefore) {
        List<Seen> all = new ArrayList<>();
        rehearsal.append(examples);
        double startedAt = LearningClock.now();
        for (Optional<Rehearsal.Trained> next = rehearsal.next(); next.isPresent(); next = rehearsal.next()) {
            Rehearsal.Trained trained = next.get();
            stepped(trained.tokens(), LearningClock.now() - startedAt);
            long streamed = trained.settled() - settledBefore;
            if (streamed >= every * (all.size() + 1L) || streamed == examples.size()) {
                all.add(look(streamed, asked));
            }
            startedAt = LearningClock.now();
        }
        return all;
    }

    private void stepped(int stepTokens, double seconds) {
        if (stepTokens > 0) {
            steps.add(new StepTime(stepTokens, seconds));
            tokens += stepTokens;
        }
    }

    private Seen look(long streamed, List<Example> asked) {
        double exact = scoring().exact(asked).orElse(0);
        progress.accept(String.format(Locale.ROOT, "%d examples, %.1f %% exact", streamed, 100 * exact));
        return new Seen(streamed, tokens, exact);
    }

    private Scoring scoring() {
        return new Scoring(base, Optional.of(rehearsal.candidate()));
    }
}
