package io.millrace.server.bench;

import io.millrace.client.cli.OutputOptions;
import io.millrace.server.bench.Figure.Unit;
import io.millrace.server.command.ModelOptions;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.model.ModelFiles;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The parts of {@code millrace bench pipeline}, each with a server of its own. */
final class PipelineParts {
    private static final long TEN_MEGABYTES = 10_000_000;
    private static final int APPEND = 100;

    private final Class<?> program;
    private final ModelOptions model;
    private final OutputOptions output;
    private final PipelineScope scope;

    /** @param program the class with {@code main} */
    PipelineParts(Class<?> program, ModelOptions model, OutputOptions output, PipelineScope scope) {
        this.program = program;
        this.model = model;
        this.output = output;
        this.scope = scope;
    }

    List<Figure> log() throws IOException {
        output.note("The log alone …");
        double examples =
                LogRate.measure(Duration.ofSeconds(scope.warmUpSeconds()), Duration.ofSeconds(scope.seconds()));
        return List.of(new Figure(
                "log_examples_per_second", "durable examples of 1 KB, the log alone", examples, Unit.PER_SECOND));
    }

    List<Figure> ingest() throws IOException, InterruptedException {
        output.note("Examples through gRPC …");
        try (BenchServer server = server()) {
            double texts =
                    new IngestRate(server, LoadExamples.texts(APPEND)).measure(scope.warmUpSeconds(), scope.seconds());
            double chats = new IngestRate(server, LoadExamples.chats(APPEND)).measure(scope.seconds(), scope.seconds());
            return List.of(
                    new Figure(
                            "ingest_examples_per_second", "durable texts of 1 KB, 8 producers", texts, Unit.PER_SECOND),
                    new Figure(
                            "ingest_chats_per_second", "durable chats of 1 KB, 8 producers", chats, Unit.PER_SECOND));
        }
    }

    List<Figure> acks() throws IOException, InterruptedException {
        output.note("Acknowledgements at 1,000 examples per second …");
        try (BenchServer server = server()) {
            String adapter = server.createPaused("{}");
            new PacedLoad(server, adapter, "warm-up", new Percentiles()).run(scope.warmUpSeconds());
            Percentiles latencies = new Percentiles();
            new PacedLoad(server, adapter, "measured", latencies).run(scope.seconds());
            return percentiles("ack", "acknowledgement at 1,000 per second", latencies);
        }
    }

    List<Figure> cost() throws IOException, InterruptedException {
        try (BenchServer server = server()) {
            IngestCost cost = IngestCost.measure(server, config().vocabularySize(), scope, output);
            List<Figure> figures = new ArrayList<>(List.of(
                    new Figure(
                            "training_alone_tokens_per_second", "training alone", cost.alone(), Unit.TOKENS_PER_SECOND),
                    new Figure(
                            "training_loaded_tokens_per_second",
                            "training while 1,000 examples per second arrive",
                            cost.loaded(),
                            Unit.TOKENS_PER_SECOND),
                    new Figure(
                            "load_client_share",
                            "processor time of the load's own process",
                            cost.clientShare(),
                            Unit.SHARE),
                    new Figure(
                            "ingest_cost_share", "what arriving examples cost beyond that", cost.share(), Unit.SHARE)));
            figures.addAll(percentiles("ack_while_training", "acknowledgement meanwhile", cost.acks()));
            return figures;
        }
    }

    List<Figure> publish() throws IOException, InterruptedException {
        output.note("Publications to a watcher …");
        try (BenchServer server = server()) {
            var folder = server.folder().path();
            String adapter =
                    server.createPaused(StartingAdapter.write(folder.resolve("start"), config(), TEN_MEGABYTES));
            PublishLatency latencies =
                    PublishLatency.measure(server, adapter, folder.resolve("received"), scope.publications());
            List<Figure> figures =
                    new ArrayList<>(percentiles("publish", "decided → verified, 10 MB", latencies.sinceDecided()));
            figures.addAll(percentiles("verified", "published → verified, 10 MB", latencies.sincePublished()));
            return figures;
        }
    }

    private static List<Figure> percentiles(String name, String label, Percentiles latencies) {
        return List.of(
                new Figure(name + "_p50_ms", label + ", median", latencies.of(0.5), Unit.MILLISECONDS),
                new Figure(name + "_p99_ms", label + ", 99 %", latencies.of(0.99), Unit.MILLISECONDS));
    }

    List<Figure> watchers() throws IOException, InterruptedException {
        List<Figure> figures = new ArrayList<>(crowd("", 1));
        figures.addAll(crowd("_over_100_connections", Math.min(100, scope.watchers())));
        return figures;
    }

    private List<Figure> crowd(String suffix, int connections) throws IOException, InterruptedException {
        int watchers = scope.watchers();
        output.note("%d watchers on %d connections …".formatted(watchers, connections));
        try (BenchServer server = server()) {
            var folder = server.folder().path();
            String adapter = server.createPaused(StartingAdapter.write(folder.resolve("start"), config(), 1));
            WatcherCrowd crowd = WatcherCrowd.measure(server, watchers, connections, adapter);
            String who = "%d watchers on %d connections: ".formatted(watchers, connections);
            return List.of(
                    new Figure(
                            "watchers_heap_bytes" + suffix,
                            who + "heap",
                            crowd.held().heap(),
                            Unit.BYTES),
                    new Figure(
                            "watchers_direct_bytes" + suffix,
                            who + "direct memory",
                            crowd.held().direct(),
                            Unit.BYTES),
                    new Figure(
                            "watchers_heap_growth_bytes" + suffix,
                            who + "heap, growth over the last half",
                            crowd.grownBy().heap(),
                            Unit.BYTES),
                    new Figure(
                            "watchers_direct_growth_bytes" + suffix,
                            who + "direct memory, growth over the last half",
                            crowd.grownBy().direct(),
                            Unit.BYTES),
                    new Figure(
                            "last_watcher_ms" + suffix,
                            who + "published → last told",
                            crowd.lastMillis(),
                            Unit.MILLISECONDS));
        }
    }

    private BenchServer server() throws IOException {
        return BenchServer.start(program, model.arguments());
    }

    private ModelConfig config() throws IOException {
        try (ModelFiles files = ModelFiles.open(model.resolve(output))) {
            return files.config();
        }
    }
}
