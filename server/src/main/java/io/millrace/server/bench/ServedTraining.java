package io.millrace.server.bench;

import io.millrace.client.Example;
import io.millrace.client.MillraceClient;
import io.millrace.client.StreamStatus;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ServerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A real {@code millrace serve} that trains on random tokens sent to it.
 *
 * @param readySeconds from the start of the process until it takes calls
 * @param firstStepSeconds from the start of the process until the first step was taken
 * @param peakBytes the most memory it held; absent where the system doesn't tell
 */
record ServedTraining(double readySeconds, double firstStepSeconds, OptionalLong peakBytes) {
    private static final String ADAPTER = "tenants/bench/adapters/served";
    private static final Duration POLL = Duration.ofMillis(5);

    /**
     * What is sent.
     *
     * @param sequences in a step
     * @param length of each, tokens
     * @param steps about as many
     */
    record Load(int sequences, int length, int steps) {
        private String config() {
            return "{\"batch_sequences\": %d, \"batch_tokens\": %d}".formatted(sequences, sequences * length);
        }
    }

    /**
     * Starts a server, sends it the load, and stops it.
     *
     * @param program the class with {@code main}
     * @param model options that name the model
     * @param vocabulary of the model
     */
    static ServedTraining measure(Class<?> program, List<String> model, int vocabulary, Load load, OutputOptions output)
            throws IOException {
        output.note("Serving, %d tokens per step …".formatted(load.sequences() * load.length()));
        try (TemporaryFolder folder = TemporaryFolder.create();
                ServerProcess server = ServerProcess.start(
                        program,
                        model,
                        folder.path().resolve("data"),
                        folder.path().resolve("server.log"));
                MillraceClient client = MillraceClient.connect(server.address())) {
            double ready = secondsSince(server.startedAt());
            client.adapters().create(ADAPTER, load.config()).block();
            Mono<Double> firstStep = Flux.interval(POLL)
                    .onBackpressureDrop()
                    .concatMap(tick -> client.adapters().get(ADAPTER), 1)
                    .filter(adapter -> adapter.steps() > 0)
                    .next()
                    .map(adapter -> secondsSince(server.startedAt()));
            Mono<StreamStatus> settled = send(client, load, vocabulary);
            double first = Mono.zip(firstStep, settled, (at, status) -> at)
                    .blockOptional()
                    .orElseThrow();
            return new ServedTraining(ready, first, server.memory().peak());
        }
    }

    private static Mono<StreamStatus> send(MillraceClient client, Load load, int vocabulary) {
        String stream = ADAPTER + "/streams/random";
        Random random = new Random(1);
        Flux<Example> examples = Flux.range(0, load.steps() * load.sequences())
                .map(i -> Example.tokenIds(IntStream.generate(() -> random.nextInt(vocabulary))
                        .limit(load.length())
                        .boxed()
                        .toList()));
        return client.examples()
                .send(stream, examples)
                .then(client.examples().untilSettled(stream).last())
                .doOnNext(ServedTraining::checkTrained);
    }

    /** @throws IllegalStateException if examples were refused by the training step */
    static void checkTrained(StreamStatus status) {
        if (status.quarantined() > 0) {
            throw new IllegalStateException("%d of %d examples were quarantined instead of trained on"
                    .formatted(status.quarantined(), status.durableThrough()));
        }
    }

    private static double secondsSince(long startedAt) {
        return (System.nanoTime() - startedAt) / 1e9;
    }
}
