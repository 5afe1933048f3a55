package io.millrace.server.bench;

import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ModelOptions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace bench pipeline}: everything around the training step. */
@Command(
        name = "pipeline",
        description = {
            "Measures what is around the training step, with a real server in a process of its own: durable examples per",
            "second and what bounds them, acknowledgements, what arriving examples cost a training, how soon a publication is",
            "verified by a watcher, and a thousand watchers.",
            "Nothing else should run meanwhile. Takes about six minutes on two cores; docs/performance.md explains the figures."
        })
final class PipelineCommand implements Callable<Integer> {
    /** What is measured. */
    enum Part {
        log,
        ingest,
        acks,
        cost,
        publish,
        watchers
    }

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "log|ingest|acks|cost|publish|watchers",
            description = "Measure only these (default: all).")
    private List<Part> only = List.of();

    @Option(names = "--quick", description = "So briefly that the figures tell nothing, to see that it works.")
    private boolean quick;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        return output.run(this::measure);
    }

    private int measure(JsonEvents events) throws Exception {
        Set<Part> parts = only.isEmpty() ? EnumSet.allOf(Part.class) : EnumSet.copyOf(only);
        PipelineParts measured =
                new PipelineParts(program(), model, output, quick ? PipelineScope.QUICK : PipelineScope.FULL);
        List<Figure> figures = new ArrayList<>();
        for (Part part : parts) {
            List<Figure> found = switch (part) {
                case log -> measured.log();
                case ingest -> measured.ingest();
                case acks -> measured.acks();
                case cost -> measured.cost();
                case publish -> measured.publish();
                case watchers -> measured.watchers();
            };
            found.forEach(figure -> output.note(figure.line()));
            figures.addAll(found);
        }
        figures.forEach(figure -> output.say(figure.line()));
        JsonEvents.Event finished = events.event("finished");
        figures.forEach(figure -> finished.with(figure.name(), figure.value()));
        finished.emit();
        return ExitCode.OK;
    }

    /** The class that the command line belongs to: the one with {@code main}. */
    private Class<?> program() {
        return Objects.requireNonNull(spec, "picocli sets it")
                .root()
                .userObject()
                .getClass();
    }
}
