package io.millrace.server.bench;

import io.millrace.client.Example;
import io.millrace.client.ExampleSender;
import io.millrace.client.StreamStatus;
import io.millrace.client.cli.OutputOptions;
import io.millrace.client.jsonl.ExampleLines;
import io.millrace.client.jsonl.ParsedLine;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.step.FrozenProducts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Chats sent over gRPC to a real {@code millrace serve}, from the first of them until the checkpoint that the last ones made.
 *
 * @param tokensPerSecond the chats' own tokens, over all of that time
 * @param productsPerSecond tokens per second of the bare products, before and after
 */
record ServedStream(double tokensPerSecond, double productsPerSecond) {
    private static final Duration POLL = Duration.ofMillis(50);
    private static final int WARM_UPS = 2;
    private static final int ROUNDS = 7;

    /** Share of the products' speed. */
    double ratio() {
        return tokensPerSecond / productsPerSecond;
    }

    /**
     * @param program the class with {@code main}
     * @param model options that name the model
     * @param chats JSONL, the lines of the workload
     * @param untrained of the same shape, for the products
     */
    static ServedStream measure(
            Class<?> program,
            List<String> model,
            Path chats,
            Workload workload,
            BaseModel untrained,
            OutputOptions output)
            throws IOException {
        output.note("Streaming to a server …");
        int examples = workload.batches().stream().mapToInt(List::size).sum();
        int tokens = workload.batches().stream().mapToInt(Workload::tokens).sum();
        List<Double> products = new ArrayList<>(products(untrained, workload));
        double seconds = stream(program, model, chats, examples);
        products.addAll(products(untrained, workload));
        return new ServedStream(tokens / seconds, Median.of(products));
    }

    /** Seconds. */
    private static double stream(Class<?> program, List<String> model, Path chats, int count) throws IOException {
        try (BenchServer server = BenchServer.start(program, model)) {
            ExampleSender sender = server.client().examples();
            String stream = server.create("{}") + "/streams/chats";
            Flux<Example> examples = ExampleLines.read(() -> Files.newInputStream(chats))
                    .ofType(ParsedLine.Valid.class)
                    .map(ParsedLine.Valid::example)
                    .take(count);
            long startedAt = System.nanoTime();
            sender.send(stream, examples).then(settled(sender, stream)).block();
            return (System.nanoTime() - startedAt) / 1e9;
        }
    }

    private static Mono<StreamStatus> settled(ExampleSender sender, String stream) {
        return Mono.defer(() -> sender.status(stream))
                .repeatWhen(ended -> ended.delayElements(POLL))
                .takeUntil(StreamStatus::isSettled)
                .last()
                .doOnNext(ServedTraining::checkTrained);
    }

    /** Tokens per second, round by round. */
    private static List<Double> products(BaseModel untrained, Workload workload) {
        List<Double> rounds = new ArrayList<>();
        for (int round = 0; round < WARM_UPS + ROUNDS; round++) {
            List<Sequence> batch = workload.batch(round);
            int tokens = Workload.tokens(batch);
            long startedAt = System.nanoTime();
            FrozenProducts.compute(untrained, tokens, Workload.trainedTokens(batch));
            rounds.add(tokens / ((System.nanoTime() - startedAt) / 1e9));
        }
        return rounds.subList(WARM_UPS, rounds.size());
    }
}
