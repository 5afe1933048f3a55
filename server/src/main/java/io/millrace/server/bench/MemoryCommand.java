package io.millrace.server.bench;

import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ModelOptions;
import io.millrace.server.command.ProcessMemory;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.peft.LoraConfig;
import java.io.IOException;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench memory}: what memory LoRA takes on a large base, by how that is held. */
@Command(
        name = "memory",
        description = {
            "Trains LoRA on a model with the blocks of Llama 3.2 1B and random weights, 8 sequences of 64 tokens a step, and tells",
            "what memory this process took at its peak. Run it once for each way to hold the base."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  millrace bench memory --precision bf16", "  millrace bench memory --precision bf16 --base nf4"})
final class MemoryCommand implements Callable<Integer> {
    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--steps",
            defaultValue = "3",
            paramLabel = "N",
            description = "Training steps (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(names = "--quick", description = "Only a tiny model, to see that it works.")
    private boolean quick;

    @Override
    public Integer call() {
        return output.run(this::measure);
    }

    private int measure(JsonEvents events) throws IOException {
        if (steps < 1) {
            throw output.usage("--steps is %d; it must be at least 1".formatted(steps));
        }
        ModelShape shape = quick ? ModelShape.TINY : ModelShape.BILLION;
        output.note("Making a model of %.0f million parameters …".formatted(shape.parameters() / 1e6));
        try (BaseModel base = shape.load(model.type(), model.storage(), model.device())) {
            ProcessMemory memory = ProcessMemory.of(ProcessHandle.current().pid());
            @Nullable Long loaded = known(memory.resident());
            double seconds = train(base, shape);
            double bits = 8.0 * base.bytesOfLinears() / weights(base);
            @Nullable Long peak = known(memory.peak());
            output.say("linears %.3f bits per weight; %s bytes after loading, %s at the peak; %.1f s a step"
                    .formatted(bits, loaded, peak, seconds));
            events.event("finished")
                    .with("base", base.storage().toString().toLowerCase(Locale.ROOT))
                    .with("precision", base.type().toString().toLowerCase(Locale.ROOT))
                    .with("parameters", shape.parameters())
                    .with("bits_per_weight", bits)
                    .with("loaded_rss_bytes", loaded)
                    .with("peak_rss_bytes", peak)
                    .with("seconds_per_step", seconds)
                    .emit();
        }
        return ExitCode.OK;
    }

    /** Seconds of the last step. */
    private double train(BaseModel base, ModelShape shape) {
        Workload workload = Workload.dense("dense", 8, 64, shape.vocabulary());
        double seconds = 0;
        try (Training training = Training.start(base, LoraConfig.DEFAULT)) {
            for (int step = 0; step < steps; step++) {
                output.note("Step %d of %d …".formatted(step + 1, steps));
                long startedAt = System.nanoTime();
                training.step(workload.batch(step));
                seconds = (System.nanoTime() - startedAt) / 1e9;
            }
        }
        return seconds;
    }

    private static long weights(BaseModel base) {
        return base.linears().stream()
                .mapToLong((Linear linear) -> (long) linear.inputs() * linear.outputs())
                .sum();
    }

    private static @Nullable Long known(OptionalLong bytes) {
        return bytes.isPresent() ? bytes.getAsLong() : null;
    }
}
