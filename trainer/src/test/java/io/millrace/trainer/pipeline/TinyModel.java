package io.millrace.trainer.pipeline;

import io.millrace.trainer.Reference;
import io.millrace.trainer.TestDevice;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelFiles;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/** A trainer of a tiny random model, and examples that it can learn. */
final class TinyModel {
    static final AdapterName ADAPTER = AdapterName.parse("tenants/t/adapters/a");
    static final StreamName STREAM = new StreamName(ADAPTER, "s");
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final List<String> THINGS = List.of("fox", "dog", "park", "test", "jump", "town", "rain");

    private TinyModel() {}

    static Base load() {
        return load(LinearStorage.DENSE);
    }

    static Base load(LinearStorage storage) {
        try (ModelFiles files = ModelFiles.open(Reference.copy().resolve("tiny-llama"))) {
            return Base.load(files, "tiny-llama", FloatType.FLOAT32, storage, TestDevice.get());
        }
    }

    static OnlineTrainer open(Path directory, Base base) {
        return OnlineTrainer.open(directory, base, TrainerSettings.DEFAULT, Clock.systemUTC());
    }

    static void create(OnlineTrainer trainer, String config) {
        Creation creation = trainer.create(ADAPTER, config, Map.of(), Optional.empty(), false)
                .block();
        if (!(creation instanceof Creation.Done)) {
            throw new AssertionError(creation);
        }
    }

    /** Questions whose answer follows from the question. */
    static List<Example> examples(int from, int to) {
        return IntStream.range(from, to).mapToObj(TinyModel::example).toList();
    }

    private static Example example(int i) {
        String thing = THINGS.get(i % THINGS.size());
        return Example.of(Chat.of(
                ChatMessage.of("user", "What is " + thing + " " + i + "?"),
                ChatMessage.of("assistant", thing + thing + ".")));
    }

    /** Waits until so many examples of the stream are settled. */
    static StreamProgress awaitSettled(OnlineTrainer trainer, long count) {
        settled(trainer, count);
        return trainer.log().stream(STREAM).orElseThrow().progress();
    }

    /** The first commit in which so many examples of the stream are settled. */
    static CommitEvent settled(OnlineTrainer trainer, long count) {
        return Objects.requireNonNull(trainer.commits(ADAPTER)
                .filter(commit -> settled(commit, count))
                .blockFirst(PATIENCE));
    }

    private static boolean settled(CommitEvent commit, long count) {
        StreamProgress progress = commit.streams().get(STREAM);
        return progress != null && progress.trainedThrough() == count;
    }
}
