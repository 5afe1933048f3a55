package io.millrace.trainer.log;

import static io.millrace.trainer.log.TestDirectories.ADAPTER;
import static io.millrace.trainer.log.TestDirectories.STREAM;
import static io.millrace.trainer.log.TestDirectories.examples;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.ExampleCodec;
import io.millrace.trainer.example.PlainText;
import io.millrace.trainer.example.StreamName;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class SqliteExampleLogTest {
    private static final int EXAMPLE_BYTES = ExampleCodec.encode(examples(0, 1).get(0)).length;

    @TempDir
    Path path;

    private DataDirectory directory;
    private SqliteExampleLog log;

    @BeforeEach
    void open() {
        directory = TestDirectories.openWithAdapter(path);
        log = TestDirectories.log(directory);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private void reopen() {
        directory.close();
        directory = TestDirectories.open(path);
        log = TestDirectories.log(directory);
    }

    private @Nullable AppendOutcome append(long offset, List<Example> examples) {
        return log.append(STREAM, offset, examples).block();
    }

    private List<Example> stored() {
        return log.read(ADAPTER, 0, 1000, Long.MAX_VALUE).stream()
                .map(LoggedExample::example)
                .toList();
    }

    @Test
    void appends_areReadBackInOrder() {
        assertThat(append(0, examples(0, 3))).isEqualTo(new AppendOutcome.Appended(0, 3, 3, log.room(ADAPTER)));
        assertThat(append(3, examples(3, 5))).isEqualTo(new AppendOutcome.Appended(3, 2, 5, log.room(ADAPTER)));

        List<LoggedExample> read = log.read(ADAPTER, 0, 1000, Long.MAX_VALUE);

        assertThat(read).extracting(LoggedExample::example).isEqualTo(examples(0, 5));
        assertThat(read).extracting(LoggedExample::offset).containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(read).extracting(LoggedExample::seq).isSorted().doesNotHaveDuplicates();
        assertThat(read).allSatisfy(logged -> {
            assertThat(logged.stream()).isEqualTo(STREAM);
            assertThat(logged.bytes()).isEqualTo(EXAMPLE_BYTES);
        });
    }

    @Test
    void storedExample_isReadableJsonInTheDatabase() {
        append(0, examples(0, 1));
        append(1, examples(1, 3));

        List<String> found = directory
                .database()
                .read(session -> session.list(
                        "SELECT seq || ' ' || offset || ' ' || typeof(body) || ' ' || json_extract(body, '$.text') FROM example",
                        row -> row.getString(1)));

        assertThat(found).containsExactly("1 0 text example 0", "2 1 text example 1", "3 2 text example 2");
    }

    @Test
    void fault1_duplicateAppend_succeedsWithoutSecondRows() {
        append(0, examples(0, 3));

        assertThat(append(0, examples(0, 3))).isEqualTo(new AppendOutcome.Duplicate(0, 3, 3, log.room(ADAPTER)));
        assertThat(append(1, examples(1, 2))).isEqualTo(new AppendOutcome.Duplicate(1, 1, 3, log.room(ADAPTER)));

        assertThat(stored()).isEqualTo(examples(0, 3));
    }

    @Test
    void fault18_resendAfterARestart_isDeduplicated() {
        append(0, examples(0, 3));
        reopen();

        assertThat(append(0, examples(0, 3))).isEqualTo(new AppendOutcome.Duplicate(0, 3, 3, log.room(ADAPTER)));

        assertThat(stored()).isEqualTo(examples(0, 3));
    }

    @Test
    void appendThatOverlaps_storesOnlyTheNewTail() {
        append(0, examples(0, 3));

        assertThat(append(1, examples(1, 5))).isEqualTo(new AppendOutcome.Appended(1, 4, 5, log.room(ADAPTER)));

        assertThat(stored()).isEqualTo(examples(0, 5));
    }

    @Test
    void fault2_gap_isRefusedNamingTheNextOffset() {
        append(0, examples(0, 3));

        assertThat(append(4, examples(4, 5))).isEqualTo(new AppendOutcome.Gap(3));
        assertThat(append(Long.MAX_VALUE, examples(4, 5))).isEqualTo(new AppendOutcome.Gap(3));

        assertThat(stored()).hasSize(3);
    }

    @Test
    void fault3_otherContentAtAnOffset_isAConflictAndNothingIsStored() {
        append(0, examples(0, 3));

        assertThat(append(
                        1,
                        List.of(
                                examples(1, 2).get(0),
                                examples(9, 10).get(0),
                                examples(3, 4).get(0))))
                .isEqualTo(new AppendOutcome.Conflict(2));

        assertThat(stored()).isEqualTo(examples(0, 3));
    }

    @Test
    void fault27_offsetNegativeOrPastTheEnd_isRefused() {
        assertThat(append(-1, examples(0, 1))).isEqualTo(new AppendOutcome.InvalidOffset(-1));
        assertThat(append(1, examples(0, 1))).isEqualTo(new AppendOutcome.Gap(0));

        assertThat(log.stream(STREAM)).isEmpty();
    }

    @Test
    void unknownAdapter_isToldSo() {
        StreamName stream = StreamName.parse("tenants/t/adapters/none/streams/s");

        assertThat(log.append(stream, 0, examples(0, 1)).block())
                .isEqualTo(new AppendOutcome.UnknownAdapter(stream.adapter()));
        assertThat(log.open(stream).block()).isEqualTo(new OpenOutcome.UnknownAdapter(stream.adapter()));
    }

    @Test
    void emptyAppend_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> log.append(STREAM, 0, List.of()));
    }

    @Test
    void open_createsTheStreamOnce() {
        StreamState fresh = new StreamState(STREAM, 0, StreamProgress.NONE);

        assertThat(log.open(STREAM).block()).isEqualTo(new OpenOutcome.Opened(fresh));
        append(0, examples(0, 2));
        StreamState later = new StreamState(STREAM, 2, StreamProgress.NONE);

        assertThat(log.open(STREAM).block()).isEqualTo(new OpenOutcome.Opened(later));
        assertThat(log.streams(ADAPTER)).containsExactly(later);
        assertThat(log.stream(STREAM)).contains(later);
    }

    @Test
    void logAtItsBound_refusesUntilSomethingIsSettled() {
        SqliteExampleLog bounded = new SqliteExampleLog(directory, 2L * EXAMPLE_BYTES);
        bounded.append(STREAM, 0, examples(0, 2)).block();

        assertThat(bounded.append(STREAM, 2, examples(2, 3)).block())
                .isEqualTo(new AppendOutcome.AtBound(2L * EXAMPLE_BYTES, 2L * EXAMPLE_BYTES));
        assertThat(bounded.append(STREAM, 0, examples(0, 2)).block()).isInstanceOf(AppendOutcome.Duplicate.class);

        reopen();
        bounded = new SqliteExampleLog(directory, 2L * EXAMPLE_BYTES);
        assertThat(bounded.append(STREAM, 2, examples(2, 3)).block()).isInstanceOf(AppendOutcome.AtBound.class);
        directory
                .database()
                .write(session -> {
                    Settlement one = new Settlement(1, List.of(), Map.of());
                    new Settler(1000).settle(session, AdapterRows.requireId(session, ADAPTER), one, 0);
                    return true;
                })
                .block();
        assertThat(bounded.append(STREAM, 2, examples(2, 3)).block()).isInstanceOf(AppendOutcome.Appended.class);
    }

    @Test
    void appendLargerThanTheBound_isTakenWhenTheLogIsEmpty() {
        SqliteExampleLog bounded = new SqliteExampleLog(directory, 1);

        assertThat(bounded.append(STREAM, 0, examples(0, 2)).block()).isInstanceOf(AppendOutcome.Appended.class);
        assertThat(bounded.append(STREAM, 2, examples(2, 3)).block()).isInstanceOf(AppendOutcome.AtBound.class);
    }

    @Test
    void read_stopsAtEitherBoundButGivesOne() {
        append(0, examples(0, 5));

        assertThat(log.read(ADAPTER, 0, 2, Long.MAX_VALUE)).hasSize(2);
        assertThat(log.read(ADAPTER, 0, 5, 3L * EXAMPLE_BYTES)).hasSize(3);
        assertThat(log.read(ADAPTER, 0, 5, 1)).hasSize(1);
        assertThat(log.read(ADAPTER, 3, 5, Long.MAX_VALUE))
                .extracting(LoggedExample::example)
                .isEqualTo(examples(3, 5));
    }

    @Test
    void textsWithLineBreaks_areReadBackAsTheyWere() {
        List<Example> examples = List.of(
                Example.of(new PlainText("one\n],\n[")),
                Example.of(new PlainText("\r\n")),
                Example.of(new PlainText("]")));

        append(0, examples);

        assertThat(stored()).isEqualTo(examples);
    }

    @Test
    void largeAppend_isCutIntoSegmentsAndReadBackAsOne() {
        List<Example> examples = IntStream.range(0, 100)
                .mapToObj(i -> Example.of(new PlainText(i + "x".repeat(i == 50 ? 200_000 : 4_000))))
                .toList();

        append(0, examples);

        assertThat(stored()).isEqualTo(examples);
        List<Long> counts = directory
                .database()
                .read(session -> session.list("SELECT count FROM segment ORDER BY last_seq", row -> row.getLong(1)));
        assertThat(counts).containsExactly(16L, 16L, 16L, 2L, 1L, 16L, 16L, 16L, 1L);
        assertThat(append(40, examples.subList(40, 100))).isInstanceOf(AppendOutcome.Duplicate.class);
        assertThat(append(99, examples(0, 2))).isEqualTo(new AppendOutcome.Conflict(99));
        assertThat(log.read(ADAPTER, 47, 5, Long.MAX_VALUE))
                .extracting(LoggedExample::offset)
                .containsExactly(47L, 48L, 49L, 50L, 51L);
        assertThat(log.read(ADAPTER, List.of(100L, 1L, 51L)))
                .extracting(LoggedExample::example)
                .containsExactly(examples.get(0), examples.get(50), examples.get(99));
    }

    @Test
    void read_seesOneAdapterOnly() {
        AdapterName other = AdapterName.parse("tenants/t/adapters/b");
        TestDirectories.adapters(directory)
                .create(other, "{}", Optional.empty())
                .block();
        append(0, examples(0, 1));
        log.append(new StreamName(other, "s"), 0, examples(1, 2)).block();
        append(1, examples(2, 3));

        assertThat(log.read(ADAPTER, 0, 10, Long.MAX_VALUE))
                .extracting(LoggedExample::seq)
                .containsExactly(1L, 3L);
        assertThat(log.read(other, List.of(1L, 2L, 3L)))
                .extracting(LoggedExample::seq)
                .containsExactly(2L);
    }

    @Test
    void readBySeq_leavesOutWhatIsNotStored() {
        append(0, examples(0, 5));

        assertThat(log.read(ADAPTER, List.of(5L, 2L, 77L)))
                .extracting(LoggedExample::example)
                .containsExactly(examples(1, 2).get(0), examples(4, 5).get(0));
    }

    @Test
    void appended_signalsAtOnceAndAfterAnAppendButNotAfterADuplicate() {
        append(0, examples(0, 1));

        StepVerifier.create(log.appended(ADAPTER))
                .expectNext(ADAPTER)
                .then(() -> append(1, examples(1, 2)))
                .expectNext(ADAPTER)
                .then(() -> append(1, examples(1, 2)))
                .then(() -> directory.changes().close())
                .verifyComplete();
    }

    @Test
    void appendsOfManyStreamsAtOnce_areAllStored() {
        Flux.range(0, 200)
                .flatMap(i -> log.append(new StreamName(ADAPTER, "s" + i), 0, examples(i, i + 3)), 50)
                .collectList()
                .as(StepVerifier::create)
                .assertNext(outcomes -> assertThat(outcomes)
                        .hasSize(200)
                        .allSatisfy(outcome -> assertThat(outcome)
                                .isInstanceOfSatisfying(
                                        AppendOutcome.Appended.class,
                                        appended -> assertThat(appended.nextOffset())
                                                .isEqualTo(3))))
                .verifyComplete();

        assertThat(log.read(ADAPTER, 0, 1000, Long.MAX_VALUE))
                .extracting(LoggedExample::seq)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 600).boxed().toList());
    }

    @Test
    void appendsWaitingForTheDisk_areBoundedInBytes() {
        Example large = Example.of(new PlainText("x".repeat(20 << 20)));
        WriterGate gate = new WriterGate();
        directory.database().write(session -> gate.hold()).subscribe();
        gate.awaitHeld();
        StepVerifier first = StepVerifier.create(log.append(STREAM, 0, List.of(large)))
                .expectNextCount(1)
                .expectComplete()
                .verifyLater();

        StepVerifier.create(log.append(new StreamName(ADAPTER, "other"), 0, List.of(large)))
                .verifyError(StorageException.Busy.class);

        gate.open();
        first.verify();
        assertThat(log.append(new StreamName(ADAPTER, "other"), 0, List.of(large))
                        .block())
                .isInstanceOf(AppendOutcome.Appended.class);
    }
}
