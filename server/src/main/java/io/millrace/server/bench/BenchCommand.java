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
            "Nothing else should run meanwhile. Takes about five minutes on two cores; docs/performance.md explains the figures."
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

    private static final String STREAM = "stream.jsonl";

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
        List<Example> chats = ExampleFile.read(folder.resolve(STREAM));
        model.resolve(output);
        long startedAt = System.nanoTime();
        try (Base base = model.load(output)) {
            double loadSeconds = (System.nanoTime() - startedAt) / 1e9;
            BenchReport report = measure(base, chats, folder.resolve(STREAM), loadSeconds);
            report.print(output);
            report.addTo(events.event("finished")
                            .with("model", base.identity().hubName())
                            .with("rounds", rounds))
                    .emit();
            return ExitCode.OK;
        }
    }

    private BenchReport measure(Base base, List<Example> chats, Path file, double loadSeconds) throws IOException {
        BaseModel model = base.model();
        List<Workload> workloads = Workloads.of(base, chats);
        try (BaseModel untrained = BaseModel.load(
                model.config(),
                new RandomWeights(model.config(), 1),
                model.type(),
                LinearStorage.DENSE,
                model.device())) {
            return new BenchReport(
                    Machine.here(model.type()),
                    loadSeconds,
                    new SpeedRounds(model, untrained, workloads, output).run(LoraConfig.DEFAULT, rounds),
                    StreamedTraining.run(base, chats, output),
                    ServedStream.measure(program(), this.model.arguments(), file, ragged(workloads), untrained, output),
                    served(base, SMALL),
                    served(base, LARGE));
        }
    }

    private static Workload ragged(List<Workload> workloads) {
        return workloads.stream()
                .filter(workload -> workload.name().equals(Workload.RAGGED))
                .findFirst()
                .orElseThrow();
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
