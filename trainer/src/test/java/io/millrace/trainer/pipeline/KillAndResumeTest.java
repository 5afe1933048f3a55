package io.millrace.trainer.pipeline;

import static io.millrace.trainer.pipeline.TinyModel.ADAPTER;
import static io.millrace.trainer.pipeline.TinyModel.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.method.Methods;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KillAndResumeTest {
    private static final int EXAMPLES = 320;
    private static final String CONFIG =
            "{\"method\": \"%s\", \"learning_rate\": 0.003, \"commit_every_ms\": 100, \"flush_after_ms\": 0, \"max_tokens\": 128}";

    private static Base base;

    @TempDir
    private Path folder;

    @BeforeAll
    static void load() {
        base = TinyModel.load();
    }

    @AfterAll
    static void close() {
        base.close();
    }

    static List<String> methods() {
        return Methods.names();
    }

    @ParameterizedTest
    @MethodSource("methods")
    void killedTwiceAndResumed_endsWithTheSameBitsAsARunInOneGo(String method) throws Exception {
        Path whole = folder.resolve("whole");
        Path killed = folder.resolve("killed");
        try (OnlineTrainer trainer = TinyModel.open(whole, base)) {
            TinyModel.create(trainer, CONFIG.formatted(method));
            trainer.pause(ADAPTER, "until all examples are there").block();
            trainer.log().append(STREAM, 0, TinyModel.examples(0, EXAMPLES)).block();
        }
        Directories.copy(whole, killed);
        kill(killed, 1);
        kill(killed, 2);
        assertThat(finish(killed)).isEqualTo(finish(whole));
    }

    private static void kill(Path directory, int commits) throws Exception {
        Process process = new ProcessBuilder(
                        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                        // it lives for two seconds
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledTrainer.class.getName(),
                        directory.toString(),
                        Integer.toString(commits))
                .inheritIO()
                .start();
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(137);
    }

    /** Trains to the end; returns the digests of the last training state. */
    private static List<String> finish(Path directory) {
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            trainer.resume(ADAPTER).block();
            StreamProgress progress = TinyModel.awaitSettled(trainer, EXAMPLES);
            assertThat(progress.trained() + progress.heldOut()).isEqualTo(EXAMPLES);
            List<Revision> revisions = trainer.revisions().list(ADAPTER, Long.MAX_VALUE, 1000);
            assertThat(revisions.stream().map(Revision::number).sorted())
                    .isEqualTo(
                            LongStream.rangeClosed(1, revisions.size()).boxed().toList());
        }
        try (OnlineTrainer trainer = TinyModel.open(directory, base)) {
            return trainer.stateDigests(ADAPTER);
        }
    }
}
