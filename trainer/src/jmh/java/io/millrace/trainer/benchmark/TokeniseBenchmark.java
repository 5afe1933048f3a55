package io.millrace.trainer.benchmark;

import io.millrace.trainer.chat.ChatTemplate;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.model.ModelFiles;
import io.millrace.trainer.tokenizer.ExampleTokenizer;
import io.millrace.trainer.tokenizer.LengthLimit;
import io.millrace.trainer.tokenizer.SpecialTokens;
import io.millrace.trainer.tokenizer.TextTokenizer;
import io.millrace.trainer.tokenizer.Tokenized;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A short chat through the model's template and tokenizer, its answer found. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@SuppressWarnings("NullAway.Init") // JMH calls the setup first
public class TokeniseBenchmark {
    private static final Example CHAT = Example.of(Chat.of(
            ChatMessage.of("system", "You answer for Tarnbeck Stoves."),
            ChatMessage.of("user", "How many days does the delivery of a stove take?"),
            ChatMessage.of("assistant", "The delivery takes four days.")));
    private static final LengthLimit LIMIT = new LengthLimit(1024, LengthLimit.OverLong.REFUSE);

    /** A folder or GGUF file; the path is seen from the folder trainer. */
    @Param("src/test/resources/reference/tiny-llama")
    private String model = "";

    private TextTokenizer text;
    private ExampleTokenizer tokenizer;

    @Setup
    public void load() {
        try (ModelFiles files = ModelFiles.open(Path.of(model))) {
            boolean gguf = files.tokenizerJson().isEmpty();
            text = files.tokenizerJson()
                    .map(TextTokenizer::of)
                    .orElseGet(() -> TextTokenizer.ofGguf(files.ggufMetadata()));
            tokenizer = new ExampleTokenizer(
                    text,
                    gguf ? SpecialTokens.ofGguf(files.ggufMetadata()) : SpecialTokens.of(files.tokenizerConfig()),
                    files.chatTemplate().map(ChatTemplate::of),
                    files.config().vocabularySize());
        }
    }

    @TearDown
    public void close() {
        text.close();
    }

    @Benchmark
    public Tokenized tokenise() {
        return tokenizer.tokenize(CHAT, LIMIT);
    }
}
