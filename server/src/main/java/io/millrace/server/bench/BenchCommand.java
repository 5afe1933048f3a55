package io.millrace.server.bench;

import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ExampleFile;
import io.millrace.server.command.ModelOptions;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.RandomWeights;
import io.millrace.trainer.peft.LoraConfig;
import io.millrace.trainer.pipeline.Base;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace bench}: how fast this machine trains, what bounds it, and what it takes. */
@Command(
        name = "bench",
        subcommands = {
            GrowthCommand.class,
            LearningCommand.class,
            MemoryCommand.class,
            StepCommand.class,
            PipelineCommand.class
        },
        description = {
            "Measures, on this machine and in one run: tokens trained per second and the share that this is of what the",
            "matrix products alone would allow, where a stream's time goes, memory, and the time to the first step.",
            "Nothing else should run meanwhile. Takes about four minutes on two cores; docs/performance.md explains the figures."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace bench",
            "  millrace bench --json --rounds 21 > bench.jsonl",
            "  millrace bench pipeline --only ingest,acks",
            "  millrace bench growth --out docs",
            "  millrace bench learning --out docs"
        })
public final class BenchCommand implements Callable<Integer> {
    private static final ServedTraining.Load SMALL = new ServedTraining.Load(8, 64, 12);
    private static final ServedTraining.Load LARGE = new ServedTraining.Load(16, 256, 3);

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--rounds",
            defaultValue = "7",
            paramLabel = "N",
            description = "Measured rounds, after two that warm up (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--examples",
            paramLabel = "DIR",
            description = "Folder with stream.jsonl, chats (default: examples/support-desk of Millrace).")
    private @Nullable Path examples;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        return output.run(this::bench);
    }

    private int bench(JsonEvents events) throws IOException {
        if (rounds < 1) {
            throw output.usage("--rounds is %d; it must be at least 1".formatted(rounds));
        }
        Path folder = examples == null ? ExampleFile.supportDesk() : examples;
        List<Example> chats = ExampleFile.read(folder.resolve("stream.jsonl"));
        model.resolve(output);
        long startedAt = System.nanoTime();
        try (Base base = model.load(output)) {
            double loadSeconds = (System.nanoTime() - startedAt) / 1e9;
            Speeds speeds = speeds(base, chats);
            PhaseTimes streamed = StreamedTraining.run(base, chats, output);
            BenchReport report = new BenchReport(
                    Machine.here(base.model().type()),
                    loadSeconds,
                    speeds,
                    streamed,
                    served(base, SMALL),
                    served(base, LARGE));
            report.print(output);
            report.addTo(events.event("finished")
                            .with("model", base.identity().hubName())
                            .with("rounds", rounds))
                    .emit();
            return ExitCode.OK;
        }
    }

    private Speeds speeds(Base base, List<Example> chats) throws IOException {
        BaseModel model = base.model();
        try (BaseModel untrained = BaseModel.load(
                model.config(),
                new RandomWeights(model.config(), 1),
                model.type(),
                LinearStorage.DENSE,
                model.device())) {
            return new SpeedRounds(model, untrained, Workloads.of(base, chats), output).run(LoraConfig.DEFAULT, rounds);
        }
    }

    private ServedTraining served(Base base, ServedTraining.Load load) throws IOException {
        int vocabulary = base.model().config().vocabularySize();
        return ServedTraining.measure(program(), model.arguments(), vocabulary, load, output);
    }

    /** The class that the command line belongs to: the one with {@code main}. */
    private Class<?> program() {
        return Objects.requireNonNull(spec, "picocli sets it")
                .root()
                .userObject()
                .getClass();
    }
}
