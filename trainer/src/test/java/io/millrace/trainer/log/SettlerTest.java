package io.millrace.trainer.log;

import static io.millrace.trainer.log.TestDirectories.ADAPTER;
import static io.millrace.trainer.log.TestDirectories.STREAM;
import static io.millrace.trainer.log.TestDirectories.examples;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.trainer.example.ExampleCodec;
import io.millrace.trainer.example.StreamName;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettlerTest {
    private static final int EXAMPLE_BYTES = ExampleCodec.encode(examples(0, 1).get(0)).length;

    @TempDir
    Path path;

    private DataDirectory directory;
    private SqliteExampleLog log;

    @BeforeEach
    void open() {
        directory = TestDirectories.openWithAdapter(path);
        log = TestDirectories.log(directory);
        for (int i = 0; i < 6; i++) {
            log.append(STREAM, i, examples(i, i + 1)).block();
        }
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private void settle(long retainedBytes, Settlement settlement, long droppableThrough) {
        directory
                .database()
                .write(session -> {
                    new Settler(retainedBytes)
                            .settle(session, AdapterRows.requireId(session, ADAPTER), settlement, droppableThrough);
                    return true;
                })
                .block();
    }

    private static Settlement settlement(long through, List<Long> beyond, StreamProgress progress) {
        return new Settlement(through, beyond, Map.of(STREAM, progress));
    }

    private Optional<Long> unsettledBytes() {
        return directory
                .database()
                .read(session -> session.first("SELECT unsettled_bytes FROM adapter", row -> row.getLong(1)));
    }

    private List<Long> storedSeqs() {
        return log.read(ADAPTER, 0, 100, Long.MAX_VALUE).stream()
                .map(LoggedExample::seq)
                .toList();
    }

    @Test
    void settlement_movesTheStreamAndFreesTheBound() {
        StreamProgress progress = new StreamProgress(2, 1, 1, 1, 0);

        settle(Settler.DEFAULT_RETAINED_BYTES, settlement(2, List.of(4L), progress), 0);

        assertThat(log.stream(STREAM)).contains(new StreamState(STREAM, 6, progress));
        assertThat(unsettledBytes()).contains(3L * EXAMPLE_BYTES);
        assertThat(storedSeqs()).hasSize(6);
    }

    @Test
    void settlementWithinSegments_freesWhatIsSettledOfThem() {
        log.append(STREAM, 6, examples(6, 9)).block();
        log.append(STREAM, 9, examples(0, 1)).block();
        log.append(STREAM, 10, examples(1, 4)).block();

        settle(0, settlement(7, List.of(9L, 13L), new StreamProgress(9, 9, 0, 0, 0)), 0);

        assertThat(unsettledBytes()).contains(4L * EXAMPLE_BYTES);
    }

    @Test
    void segmentsThatAreSettledInPart_areNotDropped() {
        log.append(STREAM, 6, examples(6, 9)).block();

        settle(0, settlement(8, List.of(), new StreamProgress(8, 8, 0, 0, 0)), 8);
        assertThat(storedSeqs()).containsExactly(7L, 8L, 9L);

        settle(0, settlement(9, List.of(), new StreamProgress(9, 9, 0, 0, 0)), 9);
        assertThat(storedSeqs()).isEmpty();
    }

    @Test
    void settledBytesAboveTheRetention_areDroppedOldestFirst() {
        settle(2L * EXAMPLE_BYTES, settlement(5, List.of(), new StreamProgress(5, 5, 0, 0, 0)), 5);

        assertThat(storedSeqs()).containsExactly(4L, 5L, 6L);
    }

    @Test
    void examplesSettledSinceTheEarlierCommit_areKeptInAnyCase() {
        settle(0, settlement(5, List.of(), new StreamProgress(5, 5, 0, 0, 0)), 3);

        assertThat(storedSeqs()).containsExactly(4L, 5L, 6L);
    }

    @Test
    void resendOfDroppedExamples_isADuplicateUnseen() {
        settle(0, settlement(5, List.of(), new StreamProgress(5, 5, 0, 0, 0)), 5);

        assertThat(log.append(STREAM, 3, examples(3, 6)).block())
                .isEqualTo(new AppendOutcome.Duplicate(3, 3, 6, log.room(ADAPTER)));
        assertThat(log.append(STREAM, 4, examples(8, 10)).block()).isEqualTo(new AppendOutcome.Conflict(5));
    }

    @Test
    void seqs_areNeverGivenAgain() {
        settle(0, settlement(6, List.of(), new StreamProgress(6, 6, 0, 0, 0)), 6);
        assertThat(storedSeqs()).isEmpty();

        log.append(STREAM, 6, examples(6, 7)).block();

        assertThat(storedSeqs()).containsExactly(7L);
    }

    @Test
    void restore_unsettlesWhatCameLater() {
        Settlement earlier = settlement(2, List.of(), new StreamProgress(2, 2, 0, 0, 0));
        settle(Settler.DEFAULT_RETAINED_BYTES, settlement(6, List.of(), new StreamProgress(6, 6, 0, 0, 0)), 0);

        directory
                .database()
                .write(session -> {
                    new Settler(0).restore(session, AdapterRows.requireId(session, ADAPTER), earlier);
                    return true;
                })
                .block();

        assertThat(log.stream(STREAM)).contains(new StreamState(STREAM, 6, new StreamProgress(2, 2, 0, 0, 0)));
        assertThat(unsettledBytes()).contains(4L * EXAMPLE_BYTES);
        assertThat(storedSeqs()).hasSize(6);
    }

    @Test
    void moreSettledThanAppended_isRefusedAndNothingChanges() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settle(0, settlement(6, List.of(), new StreamProgress(7, 7, 0, 0, 0)), 0))
                .withMessageContaining("7 examples of " + STREAM);

        Settlement unknown = new Settlement(1, List.of(), Map.of(new StreamName(ADAPTER, "none"), StreamProgress.NONE));
        assertThatIllegalArgumentException().isThrownBy(() -> settle(0, unknown, 0));

        assertThat(unsettledBytes()).contains(6L * EXAMPLE_BYTES);
    }
}
