package io.millrace.trainer.pipeline;

import static io.millrace.trainer.pipeline.TinyModel.ADAPTER;
import static io.millrace.trainer.pipeline.TinyModel.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.checkpoint.OpenedArtifact;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.PlainText;
import io.millrace.trainer.method.AdapterFolder;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three streams: a language, a task in it, and another language under the same task. */
class MadxPhasesTest {
    private static final String CONFIG =
            "{\"method\": \"madx\", \"phase\": \"%s\", \"reduction_factor\": 2, \"learning_rate\": 0.01, \"flush_after_ms\": 20, \"max_tokens\": 64}";

    private static Base base;

    @TempDir
    private Path directory;

    @BeforeAll
    static void load() {
        base = TinyModel.load();
    }

    @AfterAll
    static void close() {
        base.close();
    }

    @Test
    void languageIsSwappedUnderATask_andEachIsKeptWhileTheOtherTrains() throws IOException {
        Map<String, byte[]> language = phase("one", "language", Map.of(), texts("the fox and the dog ", 200));
        Map<String, byte[]> task = phase("two", "task", language, texts("a test: jump, jump ", 200));
        Map<String, byte[]> other = phase("three", "language", task, texts("rain in town, ", 200));
        Map<String, byte[]> swapped = phase("four", "task", other, List.of());

        assertThat(part(task, "language")).isEqualTo(part(language, "language"));
        assertThat(part(task, "task")).isNotEqualTo(part(language, "task"));
        assertThat(part(other, "task")).isEqualTo(part(task, "task"));
        assertThat(part(other, "language")).isNotEqualTo(part(task, "language"));
        assertThat(part(swapped, "language")).isEqualTo(part(other, "language"));
        assertThat(part(swapped, "task")).isEqualTo(part(task, "task"));
        assertThat(new String(swapped.get("adapter_config.json"))).contains("\"phase\": \"task\"");
    }

    private static List<Example> texts(String start, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Example.of(new PlainText(start.repeat(1 + i % 3) + i)))
                .toList();
    }

    /** What is published in the end. */
    private Map<String, byte[]> phase(String folder, String phase, Map<String, byte[]> start, List<Example> examples)
            throws IOException {
        try (OnlineTrainer trainer = TinyModel.open(directory.resolve(folder), base)) {
            Creation creation = trainer.create(ADAPTER, CONFIG.formatted(phase), start, Optional.empty(), false)
                    .block();
            assertThat(creation).isInstanceOf(Creation.Done.class);
            if (!examples.isEmpty()) {
                trainer.log().append(STREAM, 0, examples).block();
                TinyModel.awaitSettled(trainer, examples.size());
            }
            Revision revision = trainer.revisions().latest(ADAPTER).orElseThrow();
            Map<String, byte[]> files = new HashMap<>();
            for (var file : revision.manifest().files()) {
                var opened = (OpenedArtifact.Intact)
                        trainer.artifacts().open(file.content().sha256());
                try (var lease = opened.lease()) {
                    files.put(file.name(), Files.readAllBytes(lease.file()));
                }
            }
            return files;
        }
    }

    private static Map<String, FloatBuffer> part(Map<String, byte[]> files, String which) {
        AdapterFolder folder = StartingPoint.read(files, base.host());
        var weights = folder.adapter().weights();
        Map<String, FloatBuffer> part = new HashMap<>();
        weights.layout().parameters().stream()
                .filter(parameter -> parameter.name().contains("." + which + "."))
                .forEach(parameter -> part.put(parameter.name(), weights.values(parameter)));
        return part;
    }
}
