package io.millrace.server.bench;

import io.millrace.client.cli.BadDataException;
import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ExampleFile;
import io.millrace.server.command.ModelOptions;
import io.millrace.server.command.ProcessMemory;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.peft.LoraConfig;
import io.millrace.trainer.pipeline.Base;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench step}: single steps on demand, so that another trainer can be measured in turns with this one. */
@Command(
        name = "step",
        description = {
            "For each line on stdin, the name of a workload, takes one training step on its next batch, and tells the seconds",
            "and the batch. The workloads are dense_8x64, dense_4x256, ragged and shared_prefix. See docs/peft_step.py."
        })
final class StepCommand implements Callable<Integer> {
    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--examples",
            paramLabel = "DIR",
            description = "Folder with stream.jsonl, chats (default: examples/support-desk of Millrace).")
    private @Nullable Path examples;

    @Override
    public Integer call() {
        return output.run(this::steps);
    }

    private int steps(JsonEvents events) throws IOException {
        Path folder = examples == null ? ExampleFile.supportDesk() : examples;
        BufferedReader names = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (Base base = model.load(output);
                Training training = Training.start(base.model(), LoraConfig.DEFAULT)) {
            Map<String, Workload> workloads =
                    Workloads.of(base, ExampleFile.read(folder.resolve("stream.jsonl"))).stream()
                            .collect(Collectors.toMap(Workload::name, workload -> workload));
            Map<String, Integer> taken = new HashMap<>();
            for (String name = names.readLine(); name != null; name = names.readLine()) {
                Workload workload = workloads.get(name);
                if (workload == null) {
                    throw new BadDataException(
                            "stdin names \"%s\"; the workloads are %s".formatted(name, workloads.keySet()));
                }
                List<Sequence> batch = workload.batch(taken.merge(name, 1, Integer::sum) - 1);
                step(training, batch, events.event("step").with("workload", name));
            }
        }
        OptionalLong peak = ProcessMemory.of(ProcessHandle.current().pid()).peak();
        events.event("finished")
                .with("peak_rss_bytes", peak.isPresent() ? peak.getAsLong() : null)
                .emit();
        return ExitCode.OK;
    }

    private static void step(Training training, List<Sequence> batch, JsonEvents.Event event) {
        long startedAt = System.nanoTime();
        training.step(batch);
        event.with("seconds", (System.nanoTime() - startedAt) / 1e9)
                .with("ids", batch.stream().map(Sequence::ids).toList())
                .with("loss_weights", batch.stream().map(Sequence::lossWeights).toList())
                .emit();
    }
}
