package io.millrace.server.compare;

import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ExampleFile;
import io.millrace.server.command.ModelOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace compare}: the same stream for every method. */
@Command(
        name = "compare",
        subcommands = MeasureCommand.class,
        description = {
            "Feeds the same stream to each method of fine-tuning, each at its defaults and in a process of its own, and tells",
            "what it costs and gives: parameters, files, memory, tokens per second, losses on the stream, on questions in other",
            "words and on other text, and inference. One to four minutes a method on two cores. What was measured is kept in",
            "compare.jsonl: a comparison that was interrupted goes on where it stopped."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace compare --methods all --out docs",
            "  millrace compare --methods lora,dora,bitfit --examples my-examples --tokens 20000"
        })
public final class CompareCommand implements Callable<Integer> {
    private static final String ALL = "all";

    private static final List<BarPlot> PLOTS = List.of(
            new BarPlot("Holdout loss, nats per token", Measured::holdoutLoss),
            new BarPlot("Loss on general text, nats per token", Measured::generalLoss),
            new BarPlot("Tokens trained per second", Measured::tokensPerSecond),
            new BarPlot("Most memory of the process, MB", one -> one.peakBytes() / 1e6));

    private static final List<String> PLOT_FILES = List.of("holdout", "general", "speed", "memory");

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--methods",
            split = ",",
            defaultValue = ALL,
            paramLabel = "all|METHOD,…",
            description = "Which methods; qlora is lora on a base in NF4 (default: ${DEFAULT-VALUE}).")
    private List<String> methods = List.of();

    @Option(
            names = "--examples",
            paramLabel = "DIR",
            description =
                    "Folder with stream.jsonl, paraphrases-before-change.jsonl, whose loss is the holdout loss, and"
                            + " general.jsonl (default: examples/support-desk of Millrace).")
    private @Nullable Path examples;

    @Option(
            names = "--tokens",
            defaultValue = "0",
            paramLabel = "N",
            description = "End the stream after so many tokens were trained on, replayed ones included"
                    + " (default: ${DEFAULT-VALUE}, stream.jsonl once).")
    private long tokens;

    @Option(
            names = "--out",
            defaultValue = ".",
            paramLabel = "DIR",
            description = "Where compare.jsonl, compare.md and the plots are written; made if absent (default: here).")
    private Path directory = Path.of(".");

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        return output.run(this::compare);
    }

    private int compare(JsonEvents events) throws IOException {
        if (tokens < 0) {
            throw output.usage("--tokens is %d; it must be at least 0".formatted(tokens));
        }
        List<Contender> chosen = chosen();
        Task task = new Task(examples == null ? ExampleFile.supportDesk() : examples, tokens);
        model.resolve(output);
        Files.createDirectories(directory);
        Results results = Results.open(directory.resolve("compare.jsonl"));
        List<Measured> found = new ArrayList<>();
        for (Contender contender : chosen) {
            String counted = "%d of %d, %s: ".formatted(found.size() + 1, chosen.size(), contender.name());
            Measured measured = measured(results, contender, task, counted).as(contender.name());
            found.add(measured);
            events.event("method").with("measured", measured).emit();
        }
        finish(events, found);
        return ExitCode.OK;
    }

    private List<Contender> chosen() {
        if (methods.equals(List.of(ALL))) {
            return Contender.all();
        }
        try {
            return methods.stream().map(Contender::named).distinct().toList();
        } catch (IllegalArgumentException e) {
            throw output.usage("--methods: " + e.getMessage());
        }
    }

    private Measured measured(Results results, Contender contender, Task task, String counted) throws IOException {
        List<String> held = contender.model(model);
        Optional<Measured> known = results.find(contender.method(), task.digest(), String.join(" ", held));
        if (known.isPresent()) {
            output.note(counted + "measured before");
            return known.get();
        }
        MethodProcess process = new MethodProcess(program(), held, task, directory.resolve("compare.log"));
        Measured measured = process.measure(contender.method(), said -> output.note(counted + said));
        results.add(measured);
        return measured;
    }

    private void finish(JsonEvents events, List<Measured> found) throws IOException {
        String table = new Table(found).markdown();
        Path file = directory.resolve("compare.md");
        Files.writeString(file, table);
        output.say(table);
        List<Measured> applied = found.stream().filter(Measured::applies).toList();
        for (int i = 0; i < PLOTS.size() && !applied.isEmpty(); i++) {
            PLOTS.get(i).write(applied, directory.resolve("compare-%s.png".formatted(PLOT_FILES.get(i))));
        }
        events.event("finished")
                .with("methods", found)
                .with("table", file.toString())
                .emit();
    }

    /** The class that the command line belongs to: the one with {@code main}. */
    private Class<?> program() {
        return Objects.requireNonNull(spec, "picocli sets it")
                .root()
                .userObject()
                .getClass();
    }
}
