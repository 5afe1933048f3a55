package io.millrace.trainer.log;

import static io.millrace.trainer.log.TestDirectories.ADAPTER;
import static io.millrace.trainer.log.TestDirectories.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.trainer.example.AdapterName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.test.StepVerifier;

class AdapterStoreTest {
    @TempDir
    Path path;

    private DataDirectory directory;
    private AdapterStore adapters;

    @BeforeEach
    void open() {
        directory = TestDirectories.open(path);
        adapters = TestDirectories.adapters(directory);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private Adapter create(String name) {
        return adapters.create(AdapterName.parse(name), "{}", Optional.empty())
                .blockOptional()
                .orElseThrow()
                .adapter();
    }

    @Test
    void creation_takesItsSeedFromTheGivenRandomness() {
        Adapter adapter = create("tenants/t/adapters/a");

        assertThat(adapter.seed()).isEqualTo(new Random(7).nextLong());
        assertThat(adapter.created()).isEqualTo(TestDirectories.CLOCK.instant());
        assertThat(adapters.get(ADAPTER)).contains(adapter);
    }

    @Test
    void creationRepeated_isToldFromAnother() {
        Optional<String> request = Optional.of("request-1");
        adapters.create(ADAPTER, "{}", request).block();

        assertThat(adapters.create(ADAPTER, "{}", request).block()).isInstanceOf(CreateOutcome.Repeated.class);
        assertThat(adapters.create(ADAPTER, "{\"rank\":8}", request).block())
                .isInstanceOf(CreateOutcome.AlreadyExists.class);
        assertThat(adapters.create(ADAPTER, "{}", Optional.of("request-2")).block())
                .isInstanceOf(CreateOutcome.AlreadyExists.class);
        assertThat(adapters.create(ADAPTER, "{}", Optional.empty()).block())
                .isInstanceOf(CreateOutcome.AlreadyExists.class);
    }

    @Test
    void list_goesThroughPagesInOrderOfNames() {
        for (String name : List.of("t/adapters/b", "t/adapters/a", "t/adapters/c", "u/adapters/a")) {
            create("tenants/" + name);
        }

        AdapterPage first = adapters.list(Optional.of("t"), Optional.empty(), 2);
        AdapterPage second = adapters.list(Optional.of("t"), first.next(), 2);

        assertThat(first.adapters())
                .extracting(adapter -> adapter.name().adapter())
                .containsExactly("a", "b");
        assertThat(second.adapters())
                .extracting(adapter -> adapter.name().adapter())
                .containsExactly("c");
        assertThat(second.next()).isEmpty();
        assertThat(adapters.list(Optional.empty(), Optional.empty(), 4).adapters())
                .hasSize(4);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> adapters.list(Optional.empty(), Optional.empty(), 0))
                .withMessageContaining("page_size is 0");
    }

    @Test
    void update_withAnOldEtag_isRefused() {
        Adapter created = create("tenants/t/adapters/a");

        ChangeOutcome first = adapters.updateConfig(ADAPTER, "{\"rank\":8}", Optional.of(created.etag()))
                .block();
        ChangeOutcome second = adapters.updateConfig(ADAPTER, "{\"rank\":4}", Optional.of(created.etag()))
                .block();

        assertThat(first).isInstanceOf(ChangeOutcome.Changed.class);
        assertThat(second)
                .isInstanceOfSatisfying(
                        ChangeOutcome.OtherEtag.class,
                        refused -> assertThat(refused.current().config()).isEqualTo("{\"rank\":8}"));
    }

    @Test
    void pauseAndResume_changeTheReasonAndTheEtag() {
        Adapter created = create("tenants/t/adapters/a");

        adapters.pause(ADAPTER, "too hot").block();
        Adapter paused = adapters.get(ADAPTER).orElseThrow();
        adapters.resume(ADAPTER).block();
        Adapter resumed = adapters.get(ADAPTER).orElseThrow();

        assertThat(paused.pausedBecause()).contains("too hot");
        assertThat(resumed.isPaused()).isFalse();
        assertThat(List.of(created.etag(), paused.etag(), resumed.etag())).doesNotHaveDuplicates();
    }

    @Test
    void changeOfAnUnknownAdapter_isToldSo() {
        ChangeOutcome unknown = new ChangeOutcome.UnknownAdapter(ADAPTER);

        assertThat(adapters.pause(ADAPTER, "x").block()).isEqualTo(unknown);
        assertThat(adapters.updateConfig(ADAPTER, "{}", Optional.empty()).block())
                .isEqualTo(unknown);
        assertThat(adapters.delete(ADAPTER, Optional.empty()).block()).isEqualTo(unknown);
    }

    @Test
    void deletion_erasesTheTextsOfExamplesFromTheFile() throws IOException {
        create("tenants/t/adapters/a");
        SqliteExampleLog log = TestDirectories.log(directory);
        log.append(STREAM, 0, TestDirectories.examples(0, 1000)).block();

        adapters.delete(ADAPTER, Optional.empty()).block();

        assertThat(adapters.get(ADAPTER)).isEmpty();
        assertThat(log.stream(STREAM)).isEmpty();
        directory.close();
        assertThat(Files.readString(path.resolve("millrace.db"), StandardCharsets.ISO_8859_1))
                .doesNotContain("\"example 5");
    }

    @Test
    void adapterCreatedAnew_startsEmptyWithAnotherEtag() {
        Adapter old = create("tenants/t/adapters/a");
        SqliteExampleLog log = TestDirectories.log(directory);
        log.append(STREAM, 0, TestDirectories.examples(0, 2)).block();
        adapters.delete(ADAPTER, Optional.of(old.etag())).block();

        Adapter fresh = create("tenants/t/adapters/a");

        assertThat(fresh.etag()).isNotEqualTo(old.etag());
        assertThat(log.read(ADAPTER, 0, 10, 1000)).isEmpty();
        assertThat(log.append(STREAM, 0, TestDirectories.examples(5, 6)).block())
                .isEqualTo(new AppendOutcome.Appended(0, 1, 1, log.room(ADAPTER)));
    }

    @Test
    void pause_wakesTheOneWhoReadsTheLog() {
        create("tenants/t/adapters/a");

        StepVerifier.create(TestDirectories.log(directory).appended(ADAPTER))
                .expectNext(ADAPTER)
                .then(() -> adapters.pause(ADAPTER, "x").block())
                .expectNext(ADAPTER)
                .thenCancel()
                .verify();
    }
}
