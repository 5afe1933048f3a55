package io.millrace.server.compare;

import io.millrace.server.bench.Median;
import io.millrace.server.bench.TemporaryFolder;
import io.millrace.server.command.ProcessMemory;
import io.millrace.server.command.Scoring;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.method.AdapterFolder;
import io.millrace.trainer.method.Methods;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.pipeline.Rehearsal;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** Measures one method in this process, which should do nothing else: its peak memory counts. */
final class MethodRun {
    private static final int FORWARD_ROUNDS = 3;
    private static final int FORWARD_EXAMPLES = 16;
    private static final long SEED = 1;

    private final Base base;
    private final Task task;
    private final Consumer<String> progress;
    private final List<Double> secondsPerToken = new ArrayList<>();
    private long tokens;

    /** @param progress told now and then how far it is */
    MethodRun(Base base, Task task, Consumer<String> progress) {
        this.base = base;
        this.task = task;
        this.progress = progress;
    }

    /** @param model to be told in the result */
    Measured measure(String method, String model) throws IOException {
        String config = Measured.defaults(method);
        try (TemporaryFolder folder = TemporaryFolder.create();
                Rehearsal rehearsal = open(folder, config)) {
            train(rehearsal);
            long peak = ProcessMemory.of(ProcessHandle.current().pid()).peak().orElse(0);
            TrainedAdapter adapter = rehearsal.candidate();
            long trained = adapter.weights().layout().size();
            Scoring without = new Scoring(base, Optional.empty());
            Scoring with = new Scoring(base, Optional.of(adapter));
            List<Example> holdout = task.holdout();
            List<Example> general = task.general();
            return new Measured(
                    method,
                    config,
                    task.digest(),
                    model,
                    null,
                    trained,
                    base.model().parameters(),
                    fileBytes(adapter, folder.path().resolve("weights")),
                    2 * Float.BYTES * trained,
                    peak,
                    tokens,
                    1 / Median.of(secondsPerToken),
                    rehearsal.prequentialLoss(),
                    without.score(holdout, false).meanLoss(),
                    with.score(holdout, false).meanLoss(),
                    without.score(general, false).meanLoss(),
                    with.score(general, false).meanLoss(),
                    inference(with, without, holdout.subList(0, Math.min(FORWARD_EXAMPLES, holdout.size()))),
                    Methods.named(method).traits().merges());
        } catch (IllegalArgumentException e) {
            return Measured.refused(method, task.digest(), model, String.valueOf(e.getMessage()));
        }
    }

    private Rehearsal open(TemporaryFolder folder, String config) {
        return Rehearsal.open(folder.path().resolve("data"), base, config, SEED);
    }

    private void train(Rehearsal rehearsal) {
        List<Example> stream = task.stream();
        rehearsal.append(stream);
        long startedAt = System.nanoTime();
        for (Optional<Rehearsal.Trained> next = rehearsal.next(); next.isPresent(); next = rehearsal.next()) {
            long now = System.nanoTime();
            Rehearsal.Trained step = next.get();
            if (step.tokens() > 0) {
                tokens += step.tokens();
                secondsPerToken.add((now - startedAt) / 1e9 / step.tokens());
                progress.accept(String.format(
                        Locale.ROOT,
                        "%d of %d examples, loss so far %.3f",
                        step.settled(),
                        stream.size(),
                        rehearsal.prequentialLoss()));
            }
            if (task.tokens() > 0 && tokens >= task.tokens()) {
                return;
            }
            startedAt = now;
        }
    }

    private static long fileBytes(TrainedAdapter adapter, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            AdapterFolder.writeWeights(adapter, channel);
        }
        return Files.size(file);
    }

    /** In turns, so that what else the machine does falls on both. */
    private static double inference(Scoring with, Scoring without, List<Example> examples) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < FORWARD_ROUNDS; round++) {
            ratios.add(seconds(with, examples) / seconds(without, examples));
        }
        return Median.of(ratios);
    }

    private static double seconds(Scoring scoring, List<Example> examples) {
        long startedAt = System.nanoTime();
        scoring.score(examples, false);
        return (System.nanoTime() - startedAt) / 1e9;
    }
}
