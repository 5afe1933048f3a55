package io.millrace.server.cli;

import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.FetchDisplay;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Fetches a model unless it is there. */
@Command(
        name = "pull",
        description = {
            "Fetches a model by name, unless it is there, and says where it lies.",
            "An interrupted download goes on where it stopped; what arrives is checked against its digest."
        })
final class ModelPullCommand implements Callable<Integer> {
    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(paramLabel = "NAME", description = "smollm2-135m-instruct, or a hub name org/name.")
    private String name = "";

    @Override
    public Integer call() {
        return output.run(this::pull);
    }

    private int pull(JsonEvents events) throws IOException {
        Path path = FetchDisplay.resolve(name, output);
        events.event("finished")
                .with("model", name)
                .with("path", path.toString())
                .emit();
        output.say("%s lies in %s".formatted(name, path));
        return ExitCode.OK;
    }
}
