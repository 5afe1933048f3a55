package io.millrace.server.cli;

import io.millrace.client.StreamStatus;
import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ExampleFile;
import io.millrace.server.command.ModelOptions;
import io.millrace.server.command.ServerProcess;
import io.millrace.trainer.pipeline.Base;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace demo}: the whole product at once, on a real model. */
@Command(
        name = "demo",
        description = {
            "Starts a server, streams a support desk's answers to it, and receives each better adapter while it trains.",
            "Then it says what was learned, what was forgotten, and where the adapter lies. Takes a few minutes on two cores."
        })
final class DemoCommand implements Callable<Integer> {
    private static final String ADAPTER = "tenants/demo/adapters/support";
    private static final String SERVER_LOG = "server.log";

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--examples",
            paramLabel = "DIR",
            description =
                    "Folder with stream.jsonl, policy-change.jsonl, paraphrases.jsonl,"
                            + " paraphrases-before-change.jsonl and general.jsonl (default: examples/support-desk of Millrace).")
    private @Nullable Path examples;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Where data and adapters are written (default: a new folder below millrace-demo/).")
    private @Nullable Path directory;

    @Override
    public Integer call() {
        return output.run(this::demo);
    }

    private int demo(JsonEvents events) throws IOException {
        DemoData data = DemoData.in(examples == null ? ExampleFile.supportDesk() : examples);
        Path folder = directory == null ? newFolder() : directory;
        Files.createDirectories(folder);
        model.resolve(output);
        StreamedDemo streamed = stream(data, folder.toAbsolutePath());
        output.note("Scoring …");
        try (Base base = model.load(output)) {
            DemoReport report = DemoReport.of(base, streamed, data, output);
            if (report.secondsToExact().isEmpty()
                    || report.secondsToExactAfterChange().isEmpty()) {
                output.say("What was judged, and why it was published or not: " + folder.resolve(SERVER_LOG));
            }
            output.say("The adapter, for PEFT and vLLM: " + streamed.last().folder());
            finish(events, streamed, report);
        }
        return ExitCode.OK;
    }

    private static Path newFolder() {
        return Path.of(
                "millrace-demo", DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").format(LocalDateTime.now()));
    }

    private StreamedDemo stream(DemoData data, Path folder) throws IOException {
        output.note("Starting a server …");
        DemoDisplay display = new DemoDisplay(output);
        try (ServerProcess server = ServerProcess.start(
                        Millrace.class, model.arguments(), folder.resolve("data"), folder.resolve(SERVER_LOG));
                DemoStream stream = new DemoStream(server.address(), ADAPTER, folder.resolve("adapters"), display)) {
            long startedAt = System.nanoTime();
            output.note("Streaming the desk's answers to %s …".formatted(server.address()));
            StreamStatus first = stream.send("answers", data.stream());
            output.note("Some policies change …");
            long changedAt = System.nanoTime();
            StreamStatus second = stream.send("changes", data.change());
            long endedAt = System.nanoTime();
            if (stream.received().isEmpty()) {
                throw new IllegalStateException("no revision was published; see " + folder.resolve(SERVER_LOG));
            }
            return new StreamedDemo(
                    first,
                    second,
                    stream.received(),
                    startedAt,
                    changedAt,
                    endedAt,
                    server.memory().peak());
        }
    }

    private static void finish(JsonEvents events, StreamedDemo streamed, DemoReport report) {
        events.event("finished")
                .with(
                        "acknowledged",
                        streamed.first().durableThrough() + streamed.second().durableThrough())
                .with("trained", streamed.first().trained() + streamed.second().trained())
                .with("revisions", streamed.revisions().size())
                .with("paraphrase_loss_base", report.paraphrasesBase().meanLoss())
                .with("paraphrase_loss_live", report.paraphrasesLive().meanLoss())
                .with("paraphrase_exact", report.paraphrasesLive().exact())
                .with("general_loss_base", report.generalBase().meanLoss())
                .with("general_loss_live", report.generalLive().meanLoss())
                .with("tokens_per_second", streamed.last().checkpoint().metric("tokens_per_second"))
                .with("seconds", streamed.seconds())
                .with("seconds_to_95", report.secondsToExact())
                .with("seconds_to_95_after_change", report.secondsToExactAfterChange())
                .with(
                        "peak_rss_bytes",
                        streamed.peakBytes().isPresent() ? streamed.peakBytes().getAsLong() : null)
                .with("adapter_dir", streamed.last().folder().toString())
                .emit();
    }
}
