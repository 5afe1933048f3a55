package io.millrace.client.cli;

import io.millrace.client.ArtifactFile;
import io.millrace.client.Checkpoint;
import io.millrace.client.CheckpointWatcher;
import io.millrace.client.MillraceClient;
import io.millrace.client.StartFrom;
import io.millrace.client.WatchEvent;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.core.publisher.Flux;

/** Writes each better checkpoint of an adapter to a folder, as it is published. */
@Command(
        name = "watch",
        description = {
            "Waits for an adapter's checkpoints and writes each as a PEFT folder, which PEFT, vLLM and LoRAX load.",
            "DIR/revision-000001 appears whole and verified or not at all; DIR/latest points to the newest one.",
            "After a broken connection it goes on by itself, with no revision missed or written twice."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace watch --adapter tenants/acme/adapters/support --dir adapters/support",
            "  millrace watch --json --count 1 --from latest --adapter tenants/acme/adapters/support --dir out"
        })
public final class WatchCommand implements Callable<Integer> {
    private static final String WEIGHTS = "adapter_model.safetensors";

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Option(
            names = "--adapter",
            required = true,
            paramLabel = "NAME",
            description = "tenants/{tenant}/adapters/{adapter}.")
    private String adapter = "";

    @Option(names = "--dir", required = true, paramLabel = "DIR", description = "Where the folders are written.")
    private Path directory = Path.of("");

    @Option(
            names = "--from",
            defaultValue = "latest",
            paramLabel = "latest|earliest|REV",
            description = "Where to begin (default: ${DEFAULT-VALUE}).")
    private String from = "latest";

    @Option(names = "--count", paramLabel = "N", description = "End after so many checkpoints (default: never).")
    private @Nullable Long count;

    private record Written(Checkpoint checkpoint, Path folder) {}

    @Override
    public Integer call() {
        return output.run(this::watch);
    }

    private int watch(JsonEvents events) {
        StartFrom start = start();
        if (count != null && count < 1) {
            throw output.usage("--count is %d; it must be at least 1".formatted(count));
        }
        try (MillraceClient client = server.connect(output);
                StopSignal stop = StopSignal.install()) {
            client.adapters().get(adapter).block();
            output.note("watching " + adapter);
            Flux<Written> written = write(client.checkpoints(), start, events)
                    .doOnNext(one -> report(one, events))
                    .takeUntilOther(stop.asked());
            long revisions = written.count().blockOptional().orElse(0L);
            events.event("finished").with("revisions", revisions).emit();
            output.note("revisions written: %d".formatted(revisions));
            return stop.isAsked() ? ExitCode.INTERRUPTED : ExitCode.OK;
        }
    }

    private Flux<Written> write(CheckpointWatcher watcher, StartFrom start, JsonEvents events) {
        Flux<Written> all = watcher.events(adapter, start)
                .doOnNext(event -> note(event, events))
                .ofType(WatchEvent.Published.class)
                .map(WatchEvent.Published::checkpoint)
                .concatMap(
                        checkpoint -> watcher.download(checkpoint, directory.toAbsolutePath())
                                .map(folder -> new Written(checkpoint, folder)),
                        1);
        return count == null ? all : all.take(count);
    }

    private StartFrom start() {
        return switch (from) {
            case "latest" -> StartFrom.latest();
            case "earliest" -> StartFrom.earliest();
            default -> {
                if (!from.matches("[1-9]\\d{0,17}")) {
                    throw output.usage("--from is \"%s\"; expected latest, earliest or a revision".formatted(from));
                }
                yield StartFrom.revision(Long.parseLong(from));
            }
        };
    }

    private void note(WatchEvent event, JsonEvents events) {
        if (event instanceof WatchEvent.Skipped skipped) {
            events.event("skipped")
                    .with("from", skipped.from())
                    .with("through", skipped.through())
                    .emit();
            output.note("revisions %d to %d are not to be had any more".formatted(skipped.from(), skipped.through()));
        } else if (event instanceof WatchEvent.Reconnecting reconnecting) {
            events.event("reconnecting").with("reason", reconnecting.reason()).emit();
            output.note(
                    "reconnecting in %d ms: %s".formatted(reconnecting.delay().toMillis(), reconnecting.reason()));
        }
    }

    private void report(Written written, JsonEvents events) {
        Checkpoint checkpoint = written.checkpoint();
        OptionalDouble holdoutLoss = checkpoint.metric("holdout_loss");
        String sha256 = checkpoint.files().stream()
                .filter(file -> file.name().equals(WEIGHTS))
                .map(ArtifactFile::sha256)
                .findFirst()
                .orElse(null);
        events.event("checkpoint")
                .with("revision", checkpoint.revision())
                .with("dir", written.folder().toString())
                .with("tokens", checkpoint.tokens())
                .with("holdout_loss", holdoutLoss)
                .with("sha256", sha256)
                .emit();
        output.say("revision %d: %d tokens trained, holdout loss %s, %s"
                .formatted(
                        checkpoint.revision(),
                        checkpoint.tokens(),
                        holdoutLoss.isPresent() ? "%.4f".formatted(holdoutLoss.getAsDouble()) : "not known yet",
                        written.folder()));
    }
}
