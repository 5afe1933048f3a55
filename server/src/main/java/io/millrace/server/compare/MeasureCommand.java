package io.millrace.server.compare;

import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ModelOptions;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.pipeline.Base;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace compare measure}: one method, in the process that {@code compare} starts for it. */
@Command(name = "measure", hidden = true, description = "Measures one method; see 'millrace compare'.")
final class MeasureCommand implements Callable<Integer> {
    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Parameters(paramLabel = "METHOD")
    private String method = "";

    @Option(names = "--examples", required = true, paramLabel = "DIR")
    private Path examples = Path.of(".");

    @Option(names = "--tokens", required = true, paramLabel = "N")
    private long tokens;

    @Override
    public Integer call() {
        return output.run(this::measure);
    }

    private int measure(JsonEvents events) throws IOException {
        Measured measured = measured(
                new Task(examples, tokens),
                said -> events.event("progress").with("said", said).emit());
        events.event("finished").with("measured", Results.print(measured)).emit();
        return ExitCode.OK;
    }

    private Measured measured(Task task, Consumer<String> progress) throws IOException {
        String held = String.join(" ", model.arguments());
        try (Base base = model.load(output)) {
            return new MethodRun(base, task, progress).measure(method, held);
        } catch (IllegalArgumentException e) {
            if (model.storage() == LinearStorage.DENSE) {
                throw e;
            }
            return Measured.refused(method, task.digest(), held, String.valueOf(e.getMessage()));
        }
    }
}
