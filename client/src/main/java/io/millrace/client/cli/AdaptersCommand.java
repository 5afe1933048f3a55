package io.millrace.client.cli;

import io.millrace.client.Adapter;
import io.millrace.client.AdapterClient;
import io.millrace.client.MillraceClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Mono;

/** Creates and looks after a server's adapters. */
@Command(
        name = "adapters",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Creates and looks after adapters; a NAME is tenants/{tenant}/adapters/{adapter}.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace adapters create tenants/acme/adapters/support --config lora.json",
            "  millrace adapters create tenants/acme/adapters/support --from my-peft-folder",
            "  millrace adapters rollback tenants/acme/adapters/support 12"
        })
public final class AdaptersCommand {
    @Command(name = "create", description = "Creates an adapter.")
    int create(
            @Mixin OutputOptions output,
            @Mixin ServerOptions server,
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--config", paramLabel = "FILE", description = "How it is trained, as JSON.") @Nullable
                    Path config,
            @Option(
                            names = "--from",
                            paramLabel = "PEFT_DIR",
                            description = "A PEFT folder whose weights to start from.")
                    @Nullable
                    Path from) {
        return output.run(events -> {
            String configJson = config == null ? "" : Files.readString(config);
            return one(
                    output,
                    server,
                    events,
                    adapters ->
                            from == null ? adapters.create(name, configJson) : adapters.create(name, configJson, from));
        });
    }

    @Command(
            name = "update",
            description =
                    "Changes how an adapter is trained from its next batch on. The file is complete: what it leaves out gets its default.")
    int update(
            @Mixin OutputOptions output,
            @Mixin ServerOptions server,
            @Parameters(paramLabel = "NAME") String name,
            @Option(
                            names = "--config",
                            required = true,
                            paramLabel = "FILE",
                            description = "How it is trained, as JSON.")
                    Path config) {
        return output.run(events -> {
            String configJson = Files.readString(config);
            return one(output, server, events, adapters -> adapters.update(name, configJson));
        });
    }

    @Command(name = "get", description = "Shows an adapter.")
    int get(@Mixin OutputOptions output, @Mixin ServerOptions server, @Parameters(paramLabel = "NAME") String name) {
        return output.run(events -> one(output, server, events, adapters -> adapters.get(name)));
    }

    @Command(name = "list", description = "Lists all adapters.")
    int list(@Mixin OutputOptions output, @Mixin ServerOptions server) {
        return output.run(events -> {
            try (MillraceClient client = server.connect(output)) {
                long adapters = client.adapters()
                        .list()
                        .doOnNext(adapter -> {
                            describe(events.event("adapter"), adapter).emit();
                            output.say(line(adapter));
                        })
                        .count()
                        .blockOptional()
                        .orElse(0L);
                events.event("finished").with("adapters", adapters).emit();
                return ExitCode.OK;
            }
        });
    }

    @Command(name = "delete", description = "Erases an adapter: its examples, its state and its checkpoints.")
    int delete(@Mixin OutputOptions output, @Mixin ServerOptions server, @Parameters(paramLabel = "NAME") String name) {
        return output.run(events -> {
            try (MillraceClient client = server.connect(output)) {
                client.adapters().delete(name).block();
                events.event("finished").with("name", name).emit();
                output.say(name + " is erased");
                return ExitCode.OK;
            }
        });
    }

    @Command(name = "pause", description = "Stops an adapter's training; examples are still taken.")
    int pause(
            @Mixin OutputOptions output,
            @Mixin ServerOptions server,
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--reason", defaultValue = "", paramLabel = "TEXT", description = "Shown with the adapter.")
                    String reason) {
        return output.run(events -> one(output, server, events, adapters -> adapters.pause(name, reason)));
    }

    @Command(name = "resume", description = "Lets a paused adapter train again.")
    int resume(@Mixin OutputOptions output, @Mixin ServerOptions server, @Parameters(paramLabel = "NAME") String name) {
        return output.run(events -> one(output, server, events, adapters -> adapters.resume(name)));
    }

    @Command(
            name = "rollback",
            description = "Publishes an older revision's weights as a new revision; training goes on from them.")
    int rollback(
            @Mixin OutputOptions output,
            @Mixin ServerOptions server,
            @Parameters(paramLabel = "NAME") String name,
            @Parameters(paramLabel = "REVISION") long revision) {
        return output.run(events -> one(output, server, events, adapters -> adapters.rollback(name, revision)));
    }

    private static int one(
            OutputOptions output,
            ServerOptions server,
            JsonEvents events,
            Function<AdapterClient, Mono<Adapter>> request) {
        try (MillraceClient client = server.connect(output)) {
            Adapter adapter =
                    Objects.requireNonNull(request.apply(client.adapters()).block());
            describe(events.event("finished"), adapter).emit();
            output.say(line(adapter));
            return ExitCode.OK;
        }
    }

    private static JsonEvents.Event describe(JsonEvents.Event event, Adapter adapter) {
        return event.with("name", adapter.name())
                .with("state", state(adapter))
                .with("state_reason", adapter.stateReason().isEmpty() ? null : adapter.stateReason())
                .with("revision", adapter.revision() == 0 ? null : adapter.revision())
                .with("steps", adapter.steps())
                .with("activity", adapter.activity().isEmpty() ? null : adapter.activity())
                .with("create_time", adapter.createTime().toString())
                .with("config_json", adapter.configJson());
    }

    private static String line(Adapter adapter) {
        return "%s  %s%s  %s  %d steps%s"
                .formatted(
                        adapter.name(),
                        state(adapter),
                        adapter.stateReason().isEmpty() ? "" : " (" + adapter.stateReason() + ")",
                        adapter.revision() == 0 ? "no revision yet" : "revision " + adapter.revision(),
                        adapter.steps(),
                        adapter.activity().isEmpty() ? "" : "  " + adapter.activity());
    }

    private static String state(Adapter adapter) {
        return adapter.state().name().toLowerCase(Locale.ROOT);
    }
}
