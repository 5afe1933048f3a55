package io.millrace.server.cli;

import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ExampleFile;
import io.millrace.server.command.ModelOptions;
import io.millrace.server.command.Score;
import io.millrace.server.command.Scoring;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.pipeline.Base;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace score}: how well a model, or one of its adapters, knows given answers. */
@Command(
        name = "score",
        description = {
            "Prints the mean loss per trained token of a JSONL file's examples, under a model or one of its adapters.",
            "No server is needed. The shapes of lines are those of push."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace score --model smollm2-135m-instruct questions.jsonl",
            "  millrace score --model smollm2-135m-instruct --adapter-dir adapters/latest --generate questions.jsonl"
        })
final class ScoreCommand implements Callable<Integer> {
    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--adapter-dir",
            paramLabel = "DIR",
            description = "A PEFT folder of this model (default: none, the model as it is).")
    private @Nullable Path adapterDir;

    @Option(
            names = "--generate",
            description = "Also answer each example's last question by greedy decoding, and count exact answers.")
    private boolean generate;

    @Parameters(paramLabel = "FILE", description = "JSONL, one example a line.")
    private Path file = Path.of("");

    @Override
    public Integer call() {
        return output.run(this::score);
    }

    private int score(JsonEvents events) throws IOException {
        try (Base base = model.load(output)) {
            Optional<TrainedAdapter> adapter = Optional.ofNullable(adapterDir).map(dir -> Scoring.adapter(base, dir));
            Score score = new Scoring(base, adapter).score(ExampleFile.read(file), generate);
            output.say(String.format(
                    Locale.ROOT,
                    "mean loss %.4f nats per token, on %d trained tokens of %d examples",
                    score.meanLoss(),
                    score.trainedTokens(),
                    score.examples()));
            score.exact()
                    .ifPresent(
                            share -> output.say(String.format(Locale.ROOT, "%.1f %% answered exactly", share * 100)));
            events.event("finished")
                    .with("mean_loss", score.meanLoss())
                    .with("trained_tokens", score.trainedTokens())
                    .with("examples", score.examples())
                    .with("exact", score.exact())
                    .emit();
            return ExitCode.OK;
        }
    }
}
