package io.millrace.server.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace model}: the base models on this machine. */
@Command(
        name = "model",
        mixinStandardHelpOptions = true,
        subcommands = {ModelPullCommand.class, ModelListCommand.class, ModelInfoCommand.class},
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Fetches base models by name and shows what is there.",
            "They are kept in $MILLRACE_HOME/models (default: ~/.cache/millrace/models).",
            "HF_ENDPOINT names another hub or a mirror, HF_TOKEN opens gated models, HF_HUB_OFFLINE=1 keeps off the hub."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace model pull smollm2-135m-instruct",
            "  millrace model info Qwen/Qwen2.5-0.5B-Instruct",
            "  millrace model list --json"
        })
public final class ModelCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(Objects.requireNonNull(spec).commandLine(), "Which command: pull, list or info?");
    }
}
