package io.millrace.server.cli;

import io.millrace.client.Example;
import io.millrace.client.MillraceClient;
import io.millrace.client.NumberedExamples;
import io.millrace.client.StartFrom;
import io.millrace.client.StreamStatus;
import io.millrace.client.jsonl.ExampleLines;
import io.millrace.client.jsonl.ParsedLine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** The two clients of a demo: one sends examples, the other one receives each better checkpoint. */
final class DemoStream implements AutoCloseable {
    private static final Duration LAST_REVISION = Duration.ofSeconds(30);

    /** Commits more often than usual, since progress is told with them. */
    private static final String CONFIG = "{\"commit_every_ms\": 5000}";

    private final MillraceClient sender;
    private final MillraceClient watcher;
    private final String adapter;
    private final DemoDisplay display;
    private final List<ReceivedRevision> received = new CopyOnWriteArrayList<>();
    private final Disposable watching;

    /** Creates the adapter and subscribes to it. */
    DemoStream(String address, String adapter, Path adapters, DemoDisplay display) {
        this.sender = MillraceClient.connect(address);
        this.watcher = MillraceClient.connect(address);
        this.adapter = adapter;
        this.display = display;
        sender.adapters().create(adapter, CONFIG).block();
        this.watching = watcher.checkpoints()
                .watch(adapter, StartFrom.earliest())
                .concatMap(
                        checkpoint -> watcher.checkpoints()
                                .download(checkpoint, adapters)
                                .map(folder -> new ReceivedRevision(checkpoint, folder, System.nanoTime())),
                        1)
                .doOnNext(revision -> display.received(revision.checkpoint()))
                .subscribe(received::add, display::failed);
    }

    /** Streams a file and waits until all of it is settled and its last revision has been received. */
    StreamStatus send(String streamId, Path file) {
        String stream = adapter + "/streams/" + streamId;
        Flux<Example> examples =
                ExampleLines.read(() -> Files.newInputStream(file)).map(line -> ((ParsedLine.Valid) line).example());
        sender.examples()
                .events(stream, next -> new NumberedExamples(next, examples.skip(next)))
                .doOnNext(display::sent)
                .blockLast();
        StreamStatus status = sender.examples()
                .untilSettled(stream)
                .distinctUntilChanged()
                .doOnNext(display::settled)
                .blockLast();
        if (status == null) {
            throw new IllegalStateException("the server did not say what became of " + stream);
        }
        Flux.interval(Duration.ofMillis(50))
                .filter(tick -> received.size() >= status.revision())
                .blockFirst(LAST_REVISION);
        return status;
    }

    /** Verified and written to disk. */
    List<ReceivedRevision> received() {
        return List.copyOf(received);
    }

    @Override
    public void close() {
        watching.dispose();
        watcher.close();
        sender.close();
    }
}
