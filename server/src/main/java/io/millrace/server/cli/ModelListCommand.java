package io.millrace.server.cli;

import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.FetchDisplay;
import io.millrace.server.model.CachedModel;
import io.millrace.server.model.ModelResolver;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Lists the models that were fetched, and the short names that can be. */
@Command(name = "list", description = "Lists the fetched models, and the short names of models that can be fetched.")
final class ModelListCommand implements Callable<Integer> {
    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Override
    public Integer call() {
        return output.run(this::list);
    }

    private int list(JsonEvents events) throws IOException {
        ModelResolver resolver = FetchDisplay.resolver();
        List<CachedModel> cached = resolver.cached();
        for (CachedModel model : cached) {
            events.event("model")
                    .with("name", model.name())
                    .with("path", model.path().toString())
                    .with("bytes", model.bytes())
                    .emit();
            output.say("%-40s %,8d MB  %s".formatted(model.name(), model.bytes() / 1_000_000, model.path()));
        }
        List<String> names = cached.stream().map(CachedModel::name).toList();
        List<String> others =
                resolver.names().stream().filter(name -> !names.contains(name)).toList();
        others.forEach(name -> output.say("%-40s not fetched; millrace model pull %s".formatted(name, name)));
        events.event("finished")
                .with("models", cached.size())
                .with("not_fetched", others)
                .emit();
        return ExitCode.OK;
    }
}
