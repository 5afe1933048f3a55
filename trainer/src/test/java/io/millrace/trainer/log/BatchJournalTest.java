package io.millrace.trainer.log;

import static io.millrace.trainer.log.TestDirectories.ADAPTER;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.example.AdapterName;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.test.StepVerifier;

class BatchJournalTest {
    @TempDir
    Path path;

    @Test
    void entries_comeBackInOrderAfterARestart() {
        try (DataDirectory directory = TestDirectories.openWithAdapter(path)) {
            BatchJournal journal = new BatchJournal(directory);
            journal.record(ADAPTER, 1, "{\"seqs\":[1]}").block();
            journal.record(ADAPTER, 2, "{\"seqs\":[2,3]}").block();
            journal.record(ADAPTER, 2, "{\"seqs\":[2]}").block();
        }

        try (DataDirectory directory = TestDirectories.open(path)) {
            assertThat(new BatchJournal(directory).after(ADAPTER, 1))
                    .containsExactly(
                            new BatchJournal.Entry(2, "{\"seqs\":[2,3]}"), new BatchJournal.Entry(2, "{\"seqs\":[2]}"));
        }
    }

    @Test
    void forgottenSteps_areGone() {
        try (DataDirectory directory = TestDirectories.openWithAdapter(path)) {
            BatchJournal journal = new BatchJournal(directory);
            journal.record(ADAPTER, 1, "1").block();
            journal.record(ADAPTER, 2, "2").block();

            directory
                    .database()
                    .write(session -> {
                        BatchJournal.forget(session, AdapterRows.requireId(session, ADAPTER), 1);
                        return true;
                    })
                    .block();

            assertThat(journal.after(ADAPTER, 0)).containsExactly(new BatchJournal.Entry(2, "2"));
        }
    }

    @Test
    void unknownAdapter_isAnError() {
        try (DataDirectory directory = TestDirectories.openWithAdapter(path)) {
            StepVerifier.create(new BatchJournal(directory).record(AdapterName.parse("tenants/t/adapters/b"), 1, "1"))
                    .verifyError(AdapterGoneException.class);
        }
    }
}
