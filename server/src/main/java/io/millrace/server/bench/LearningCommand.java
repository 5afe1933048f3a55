package io.millrace.server.bench;

import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ExampleFile;
import io.millrace.server.command.ModelOptions;
import io.millrace.server.command.Scoring;
import io.millrace.trainer.pipeline.Base;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench learning}: how soon settings learn. */
@Command(
        name = "learning",
        description = {
            "Trains on a stream of answers and then on one that changes some of them, once with each setting, and tells after",
            "how many examples and seconds of training 95 %% of questions in other words are answered exactly. Looking at the",
            "answers isn't part of the time, nor what else the machine does: it is the processors' time. One to four minutes a run",
            "on two cores. Runs are kept in learning.jsonl: a sweep that was interrupted goes on where it stopped, and one that has",
            "more settings or seeds takes only those."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace bench learning --out docs",
            "  millrace bench learning --settings settings.jsonl --seeds 2 --json > sweep.jsonl"
        })
final class LearningCommand implements Callable<Integer> {
    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--settings",
            paramLabel = "FILE",
            description =
                    "Configs of adapters, a JSON object a line (default: the defaults, and what each is to be held"
                            + " against).")
    private @Nullable Path settings;

    @Option(
            names = "--seeds",
            defaultValue = "1",
            paramLabel = "N",
            description = "Runs of each setting, with seeds 1 to N (default: ${DEFAULT-VALUE}).")
    private int seeds;

    @Option(
            names = "--every",
            defaultValue = "40",
            paramLabel = "N",
            description = "Examples between two looks at what is answered (default: ${DEFAULT-VALUE}).")
    private int every;

    @Option(
            names = "--out",
            defaultValue = ".",
            paramLabel = "DIR",
            description = "Where learning.jsonl and the plot learning.png are written; made if absent (default: here).")
    private Path directory = Path.of(".");

    @Option(
            names = "--examples",
            paramLabel = "DIR",
            description = "Folder with stream.jsonl, policy-change.jsonl, paraphrases-before-change.jsonl,"
                    + " paraphrases.jsonl and general.jsonl (default: examples/support-desk of Millrace).")
    private @Nullable Path examples;

    @Override
    public Integer call() {
        return output.run(this::learning);
    }

    private int learning(JsonEvents events) throws IOException {
        require(seeds >= 1, "--seeds is %d; it must be at least 1".formatted(seeds));
        require(every >= 1, "--every is %d; it must be at least 1".formatted(every));
        List<LearningSetting> all = settings == null ? LearningSetting.defaults() : LearningSetting.read(settings);
        Path folder = examples == null ? ExampleFile.supportDesk() : examples;
        LearningData data = LearningData.read(folder);
        Files.createDirectories(directory);
        LearningRuns kept = LearningRuns.open(
                directory.resolve("learning.jsonl"),
                "%s, %s, every %d".formatted(LearningData.digest(folder), String.join(" ", model.arguments()), every));
        try (Base base = model.load(output)) {
            List<LearningCurve> curves = new ArrayList<>();
            for (LearningSetting setting : all) {
                for (long seed = 1; seed <= seeds; seed++) {
                    String run = "%d of %d, %s, seed %d: "
                            .formatted(curves.size() + 1, all.size() * seeds, setting.name(), seed);
                    LearningCurve curve = curve(kept, base, data, setting, seed, run);
                    tell(events, curve);
                    curves.add(curve);
                }
            }
            double generalLoss = new Scoring(base, Optional.empty())
                    .score(data.general(), false)
                    .meanLoss();
            finish(events, LearningReport.of(generalLoss, curves));
            return ExitCode.OK;
        }
    }

    private LearningCurve curve(
            LearningRuns kept, Base base, LearningData data, LearningSetting setting, long seed, String run)
            throws IOException {
        Optional<LearningCurve> known = kept.find(setting, seed);
        if (known.isPresent()) {
            output.note(run + "measured before");
            return known.get();
        }
        LearningCurve curve = LearningRun.of(base, data, setting, seed, every, seen -> output.note(run + seen));
        kept.add(curve);
        return curve;
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw output.usage(otherwise);
        }
    }

    private static void tell(JsonEvents events, LearningCurve curve) {
        events.event("run")
                .with("setting", curve.setting().name())
                .with("seed", curve.seed())
                .with("stream", LearningCurve.json(curve.stream()))
                .with("change", LearningCurve.json(curve.change()))
                .with("general_loss", curve.generalLoss())
                .emit();
    }

    private void finish(JsonEvents events, LearningReport report) throws IOException {
        Path plot = directory.resolve("learning.png");
        report.print(output);
        report.draw(plot);
        output.say("drawn: " + plot);
        events.event("finished")
                .with("general_loss_base", report.generalLossBase())
                .with(
                        "settings",
                        report.results().stream().map(LearningResult::json).toList())
                .with("plot", plot.toString())
                .emit();
    }
}
