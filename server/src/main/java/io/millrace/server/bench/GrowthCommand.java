package io.millrace.server.bench;

import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ModelOptions;
import io.millrace.trainer.pipeline.Base;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench growth}: how speed changes as things grow. */
@Command(
        name = "growth",
        description = {
            "Measures training speed by size of the model (random weights), length of sequences, rank of adapters, and",
            "number of adapters, and draws a plot of each. Takes ten to fifteen minutes on two cores."
        })
final class GrowthCommand implements Callable<Integer> {
    /** What is made to grow, named as curves are. */
    enum Grown {
        model,
        sequence_length,
        rank,
        adapters
    }

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--out",
            defaultValue = ".",
            paramLabel = "DIR",
            description = "Where the plots growth-*.png are written; made if absent (default: here).")
    private Path directory = Path.of(".");

    @Option(
            names = "--rounds",
            defaultValue = "3",
            paramLabel = "N",
            description = "Measured rounds of each point, after two that warm up (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "model|sequence_length|rank|adapters",
            description = "Measure only what grows with these (default: all).")
    private List<Grown> only = List.of();

    @Option(names = "--quick", description = "Only a tiny model and few points, to see that it works.")
    private boolean quick;

    @Override
    public Integer call() {
        return output.run(this::growth);
    }

    private int growth(JsonEvents events) throws IOException {
        if (rounds < 1) {
            throw output.usage("--rounds is %d; it must be at least 1".formatted(rounds));
        }
        Files.createDirectories(directory);
        List<String> plots = new ArrayList<>();
        JsonEvents.Event finished = events.event("finished").with("rounds", rounds);
        for (Grown grown : only.isEmpty() ? EnumSet.allOf(Grown.class) : EnumSet.copyOf(only)) {
            GrowthCurve curve = measure(grown, quick ? GrowthScope.QUICK : GrowthScope.FULL);
            curve.print(output);
            finished.with("by_" + curve.name(), curve.json());
            plots.add(curve.draw(directory).toString());
        }
        plots.forEach(plot -> output.say("drawn: " + plot));
        finished.with("plots", plots).emit();
        return ExitCode.OK;
    }

    private GrowthCurve measure(Grown grown, GrowthScope scope) throws IOException {
        StepGrowth steps = new StepGrowth(model.type(), model.device(), rounds, output);
        return switch (grown) {
            case model -> steps.byModel(scope.shapes());
            case sequence_length -> steps.bySequenceLength(scope.shape(), scope.longest());
            case rank -> steps.byRank(scope.shape(), scope.ranks());
            case adapters -> byAdapters(scope);
        };
    }

    private GrowthCurve byAdapters(GrowthScope scope) throws IOException {
        try (Base base = model.load(output)) {
            return new AdapterGrowth(base, rounds, output).byCount(scope.adapters());
        }
    }
}
