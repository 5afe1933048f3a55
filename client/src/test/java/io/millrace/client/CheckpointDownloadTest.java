package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.millrace.v1.ReadArtifactRequest;
import io.millrace.v1.ReadArtifactResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointDownloadTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final FakeCheckpoints service = new FakeCheckpoints();
    private final FakeServer server = new FakeServer(service);
    private final CheckpointWatcher watcher = MillraceClient.over(
                    server.channel(),
                    new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1), 3, () -> 0.5),
                    new InstantTimer())
            .checkpoints();

    @TempDir
    private Path directory;

    @AfterEach
    void stop() {
        server.close();
    }

    private Path download(long revision) {
        return watcher.download(Checkpoint.of(service.revision(revision)), directory)
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    private String digestOfConfig() {
        return Checkpoint.of(service.revision(1)).files().get(0).sha256();
    }

    /** Where reads of the first revision's {@code adapter_config.json} began. */
    private List<Long> offsetsRead() {
        return service.reads.stream()
                .filter(read -> read.getSha256().equals(digestOfConfig()))
                .map(ReadArtifactRequest::getOffset)
                .toList();
    }

    @Test
    void revision_isWrittenAndLatestPointsToIt() throws IOException {
        download(1);
        Path folder = download(2);

        assertThat(folder).isEqualTo(directory.resolve("revision-000002"));
        assertThat(folder.resolve("adapter_model.safetensors")).hasContent("weights of revision 2");
        assertThat(folder.resolve("adapter_config.json")).hasContent("{\"r\": 2}");
        assertThat(Files.readSymbolicLink(directory.resolve("latest"))).isEqualTo(Path.of("revision-000002"));
        assertThat(names()).containsExactly("latest", "revision-000001", "revision-000002");
    }

    @Test
    void brokenDownload_goesOnAtTheByteItStopped() {
        service.readScript.put(digestOfConfig(), (request, responses) -> {
            service.send(request, responses, 5);
            responses.onError(Status.UNAVAILABLE.asRuntimeException());
        });

        assertThat(download(1).resolve("adapter_config.json")).hasContent("{\"r\": 1}");
        assertThat(offsetsRead()).containsExactly(0L, 5L);
    }

    @Test
    void fileOfManyChunks_brokenWhileItIsForced_goesOnAndIsWhole() {
        String text = "0123456789".repeat(100);
        var file = service.artifact("many.bin", text);
        service.readScript.put(file.getSha256(), (request, responses) -> {
            service.send(request, responses, 333);
            responses.onError(Status.UNAVAILABLE.asRuntimeException());
        });
        Checkpoint checkpoint =
                Checkpoint.of(service.revision(1).toBuilder().addFiles(file).build());

        Path folder =
                watcher.download(checkpoint, directory).blockOptional(PATIENCE).orElseThrow();

        assertThat(folder.resolve("many.bin")).hasContent(text);
        assertThat(service.reads)
                .filteredOn(read -> read.getSha256().equals(file.getSha256()))
                .extracting(ReadArtifactRequest::getOffset)
                .containsExactly(0L, 333L);
    }

    @Test
    void streamThatEndsEarly_isResumed() {
        service.readScript.put(digestOfConfig(), (request, responses) -> {
            service.send(request, responses, 4);
            responses.onCompleted();
        });

        assertThat(download(1).resolve("adapter_config.json")).hasContent("{\"r\": 1}");
        assertThat(offsetsRead()).containsExactly(0L, 4L);
    }

    @Test
    void partOfAnEarlierProcess_isGoneOnWith() throws IOException {
        Path partial = Files.createDirectory(directory.resolve(".revision-000001.partial"));
        Files.writeString(partial.resolve("adapter_config.json"), "{\"r\":");
        Files.writeString(partial.resolve("left-over"), "x");

        assertThat(download(1).resolve("adapter_config.json")).hasContent("{\"r\": 1}");
        assertThat(offsetsRead()).containsExactly(5L);
        assertThat(names()).containsExactly("latest", "revision-000001");
        assertThat(directory.resolve("revision-000001/left-over")).doesNotExist();
    }

    @Test
    void wrongBytesOnce_areFetchedAgainFromTheStart() throws IOException {
        Path partial = Files.createDirectory(directory.resolve(".revision-000001.partial"));
        Files.writeString(partial.resolve("adapter_config.json"), "xxxxxx");

        assertThat(download(1).resolve("adapter_config.json")).hasContent("{\"r\": 1}");
        assertThat(offsetsRead()).containsExactly(6L, 0L);
    }

    @Test
    void wrongBytesForEver_areRefusedNamingArtifactAndDigests() throws IOException {
        Checkpoint checkpoint = Checkpoint.of(service.revision(1));
        ArtifactFile file = checkpoint.files().get(0);
        service.artifacts.put(file.sha256(), ByteString.copyFromUtf8("{\"r\": 9}"));
        String received = Sha256.of(Files.writeString(directory.resolve("other"), "{\"r\": 9}"));

        assertThatThrownBy(() -> watcher.download(checkpoint, directory).block(PATIENCE))
                .hasMessageStartingWith("DATA_LOSS")
                .hasMessageContaining("adapter_config.json")
                .hasMessageContaining(file.sha256())
                .hasMessageContaining(received);
        assertThat(offsetsRead()).containsExactly(0L, 0L, 0L);
        assertThat(directory.resolve("revision-000001")).doesNotExist();
        assertThat(directory.resolve("latest")).doesNotExist();
    }

    @Test
    void moreBytesThanTheManifestSays_areNotWritten() {
        Checkpoint checkpoint = Checkpoint.of(service.revision(1));
        service.artifacts.put(checkpoint.files().get(0).sha256(), ByteString.copyFromUtf8("x".repeat(1000)));

        assertThatThrownBy(() -> watcher.download(checkpoint, directory).block(PATIENCE))
                .hasMessageContaining("more than the 8 bytes");
    }

    @Test
    void chunkAtAnotherOffset_isRefused() {
        service.readScript.put(
                digestOfConfig(),
                (request, responses) -> responses.onNext(
                        ReadArtifactResponse.newBuilder().setOffset(3).build()));

        assertThatThrownBy(() -> download(1)).hasMessageContaining("byte 3").hasMessageContaining("0 is due");
    }

    @Test
    void folderThatIsThere_isCheckedAndNotFetched() {
        download(1);
        service.reads.clear();

        assertThat(download(1)).exists();
        assertThat(service.reads).isEmpty();
    }

    @Test
    void damagedFolder_isReplaced() throws IOException {
        Path model = download(1).resolve("adapter_model.safetensors");
        Files.writeString(model, "damaged");

        download(1);

        assertThat(model).hasContent("weights of revision 1");
        assertThat(names()).containsExactly("latest", "revision-000001");
    }

    @Test
    void fileNameThatLeadsOut_isRefused() {
        Checkpoint checkpoint = Checkpoint.of(service.revision(1).toBuilder()
                .addFiles(service.artifact("../outside", "x"))
                .build());

        assertThatThrownBy(() -> watcher.download(checkpoint, directory).block(PATIENCE))
                .hasMessageContaining("../outside");
        assertThat(directory.resolveSibling("outside")).doesNotExist();
    }
}
