package io.millrace.trainer.checkpoint;

import io.millrace.trainer.log.Settlement;
import io.millrace.trainer.log.TestDirectories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Artifacts, commits and revisions that tests need. */
final class TestArtifacts {
    private TestArtifacts() {}

    static ArtifactLease write(ArtifactStore artifacts, String content) {
        try {
            return artifacts.write(out -> out.write(ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String digest(String content) {
        return HexFormat.of().formatHex(ArtifactFiles.sha256().digest(content.getBytes(StandardCharsets.UTF_8)));
    }

    static Commit commit(long step, Artifact state) {
        return new Commit(
                TestDirectories.ADAPTER,
                step,
                List.of(state.named("training-state")),
                Settlement.NONE,
                "{\"step\":" + step + "}");
    }

    static NewRevision revision(Artifact weights) {
        return new NewRevision(
                Optional.empty(),
                List.of(weights.named("adapter_model.safetensors")),
                TestDirectories.BASE_MODEL,
                "lora",
                "{\"r\":16}",
                Map.of("s", 12L),
                3456,
                12,
                Map.of("holdout_loss", 0.25, "gain", 1e-3),
                "better by 2.3 standard errors",
                Map.of("millrace", "0.1.0"),
                Optional.empty());
    }

    /** The files under a folder of the data directory, temporary ones included. */
    static List<String> files(Path directory, String folder) {
        try (Stream<Path> files = Files.walk(directory.resolve(folder))) {
            return files.filter(Files::isRegularFile)
                    .map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
