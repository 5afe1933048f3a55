package io.millrace.client.cli;

import io.grpc.Status.Code;
import io.millrace.client.AdapterClient;
import io.millrace.client.Example;
import io.millrace.client.ExampleSender;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.client.NumberedExamples;
import io.millrace.client.SendEvent;
import io.millrace.client.StreamStatus;
import io.millrace.client.jsonl.ParsedLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;

/** Sends the examples of a JSONL file to a server. */
@Command(
        name = "push",
        description = {
            "Sends the examples of a JSONL file (or of stdin: -) to an adapter, which trains on them as they arrive.",
            "",
            "A line is one of",
            "  {\"messages\": [{\"role\": \"user\", \"content\": \"…\"}, {\"role\": \"assistant\", \"content\": \"…\"}]}",
            "  {\"prompt\": \"…\", \"completion\": \"…\"}",
            "  {\"text\": \"…\"}",
            "and may have weight, tags, always_train and event_time besides.",
            "",
            "A second run goes on where the first stopped; nothing is trained on twice."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace push --create --adapter tenants/acme/adapters/support tickets.jsonl",
            "  tail -f answers.jsonl | millrace push --adapter tenants/acme/adapters/support --stream live -",
            "  millrace push --json --wait-trained --adapter tenants/acme/adapters/support tickets.jsonl | tail -1"
        })
public final class PushCommand implements Callable<Integer> {
    private static final String STDIN = "-";

    /** What to do with a line that can't be trained on. */
    enum OnError {
        stop,
        skip
    }

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

    @Option(
            names = "--stream",
            paramLabel = "ID",
            defaultValue = "",
            description = "The stream's id: a-z, 0-9, - and _ (default: the file's name and the start of its sha-256).")
    private String streamId = "";

    @Option(names = "--create", description = "Create the adapter first, unless it exists.")
    private boolean create;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "With --create: the adapter's configuration, as JSON.")
    private @Nullable Path config;

    @Option(
            names = "--wait-trained",
            description = "Wait until every acknowledged example is trained, held out, quarantined or dropped.")
    private boolean waitTrained;

    @Option(
            names = "--on-error",
            defaultValue = "stop",
            paramLabel = "stop|skip",
            description = "What to do with a bad line: stop, or leave it out and go on; with skip a second run offers "
                    + "every line again (default: ${DEFAULT-VALUE}).")
    private OnError onError = OnError.stop;

    @Parameters(paramLabel = "FILE|-", description = "JSONL, one example a line.")
    private String file = "";

    @Override
    public Integer call() {
        return output.run(this::push);
    }

    private int push(JsonEvents events) throws IOException {
        if (config != null && !create) {
            throw output.usage("--config needs --create; it is the configuration of a new adapter");
        }
        PushSource source = source();
        String stream = adapter + "/streams/" + source.streamId();
        try (MillraceClient client = server.connect(output);
                StopSignal stop = StopSignal.install();
                PushReport report = new PushReport(output, events, source.lines())) {
            createOrFind(client.adapters());
            send(client.examples(), stream, source, report)
                    .takeUntilOther(stop.asked())
                    .blockLast();
            if (stop.isAsked()) {
                throw new InterruptedCommandException();
            }
            StreamStatus status = settle(client.examples(), stream, report, stop);
            report.finished(status);
            return ExitCode.OK;
        }
    }

    private PushSource source() throws IOException {
        if (!file.equals(STDIN)) {
            return PushSource.file(Path.of(file), streamId);
        }
        if (streamId.isEmpty()) {
            throw output.usage("stdin needs --stream ID: it names the stream, so that a second run can go on with it");
        }
        return PushSource.stdin(streamId);
    }

    private void createOrFind(AdapterClient adapters) throws IOException {
        if (!create) {
            adapters.get(adapter).block();
            return;
        }
        String configJson = config == null ? "" : Files.readString(config);
        adapters.create(adapter, configJson)
                .onErrorComplete(failure ->
                        failure instanceof MillraceException refusal && refusal.code() == Code.ALREADY_EXISTS)
                .block();
    }

    private Flux<SendEvent> send(ExampleSender sender, String stream, PushSource source, PushReport report) {
        return sender.events(stream, nextOffset -> {
                    report.started(stream, nextOffset);
                    long first = firstOffset(nextOffset);
                    Flux<Example> examples = source.read()
                            .<Example>handle((line, sink) -> exampleOf(line, sink, report))
                            .skip(first);
                    return new NumberedExamples(first, examples);
                })
                .doOnNext(event -> {
                    if (event instanceof SendEvent.RowsRefused refused && onError == OnError.stop) {
                        throw new BadDataException(refused.refusals().get(0).toString());
                    }
                    report.on(event);
                });
    }

    /**
     * Lines that the server refused have no offset, and only it knows which they were. So with skip every line is offered
     * again, and the server recognises those it has. With stop none was left out, and the last stored line is enough: if the
     * file's line at that offset is another, the server says so.
     */
    private long firstOffset(long nextOffset) {
        return onError == OnError.skip ? 0 : Math.max(0, nextOffset - 1);
    }

    private void exampleOf(ParsedLine line, SynchronousSink<Example> examples, PushReport report) {
        if (line instanceof ParsedLine.Valid valid) {
            examples.next(valid.example());
        } else if (onError == OnError.stop) {
            examples.error(new BadDataException(line.toString()));
        } else {
            report.leftOut(line.toString());
        }
    }

    private StreamStatus settle(ExampleSender sender, String stream, PushReport report, StopSignal stop) {
        Flux<StreamStatus> statuses = waitTrained
                ? sender.untilSettled(stream).doOnNext(report::progress)
                : sender.status(stream).flux();
        return Optional.ofNullable(statuses.takeUntilOther(stop.asked()).blockLast())
                .orElseThrow(InterruptedCommandException::new);
    }
}
