package io.millrace.trainer.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.millrace.trainer.checkpoint.ArtifactFile;
import io.millrace.trainer.checkpoint.ArtifactLease;
import io.millrace.trainer.checkpoint.Commit;
import io.millrace.trainer.checkpoint.OpenedArtifact;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.TestDirectories;
import io.millrace.trainer.method.Lora;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.LoraConfig;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.LoraModules;
import io.millrace.trainer.peft.ParameterLayout;
import io.millrace.trainer.peft.PeftFolder;
import io.millrace.trainer.step.TrainingState;
import io.millrace.trainer.step.TrainingStateFile;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommitterTest {
    private static final String PATH = "model.layers.0.self_attn.q_proj";
    private static final int WIDTH = 4096;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final CommitRequest PUBLISHED = new CommitRequest(
            RunState.START,
            Map.of(),
            Optional.of(new CommitRequest.Publication("it is better", Map.of(), Optional.empty())));

    @TempDir
    private Path path;

    private DataDirectory directory;
    private Stores stores;

    @BeforeEach
    void open() {
        directory = TestDirectories.openWithAdapter(path);
        stores = Stores.of(directory, TrainerSettings.DEFAULT, TestDirectories.CLOCK);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    @Test
    void commit_holdsTheStateAndItsRevisionTheAverage_bitForBit() throws Exception {
        TrainingState state = state(2);

        committer(2).commit(PUBLISHED, state).block();

        Commit commit = stores.commits().latest(TestDirectories.ADAPTER).orElseThrow();
        try (ArtifactLease lease = open(commit.files().get(0))) {
            assertThat(TrainingStateFile.read(lease.file(), state.weights().layout(), state.step()))
                    .isEqualTo(state);
        }
        Revision revision = stores.revisions().latest(TestDirectories.ADAPTER).orElseThrow();
        try (ArtifactLease lease = open(revision.manifest().files().get(1))) {
            ParameterLayout layout = state.weights().layout();
            FloatBuffer read = FloatBuffer.allocate(layout.size());
            PeftFolder.readWeights(lease.file(), layout, read);
            assertThat(read).isEqualTo(state.average().values());
        }
    }

    @Test
    void heapThatACommitTakes_doesNotGrowWithTheAdapter() {
        allocatedByCommit(1);
        long small = allocatedByCommit(1);

        long large = allocatedByCommit(256);

        assertThat(state(256).weights().layout().size()).isEqualTo(256 * 2 * WIDTH);
        assertThat(large).isLessThan(small + (256 << 10));
    }

    private long allocatedByCommit(int rank) {
        Committer committer = committer(rank);
        TrainingState state = state(rank);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        committer.commit(PUBLISHED, state).block();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    void draftWaitingToBeStored_retainsNoWeights() {
        float[] values = new float[64 * 2 * WIDTH];
        WeakReference<float[]> retained = new WeakReference<>(values);
        TrainingState state =
                TrainingState.start(new AdapterWeights(LoraModules.layout(List.of(module(64))), values), 0);
        try (CommitDraft draft = committer(64).draft(PUBLISHED, state)) {
            values = new float[0];
            state = TrainingState.start(new AdapterWeights(new ParameterLayout(List.of()), values), 0);

            System.gc();

            assertThat(retained.get()).isNull();
            assertThat(draft.request()).isSameAs(PUBLISHED);
        }
        assertThat(path.resolve("artifacts/incoming")).isEmptyDirectory();
    }

    private Committer committer(int rank) {
        return new Committer(
                TestDirectories.ADAPTER,
                AdapterConfig.DEFAULT,
                new Lora.Adapted(LoraConfig.DEFAULT, List.of(module(rank)), List.of(new Linear(PATH, WIDTH, WIDTH))),
                new BaseIdentity("org/base", TestDirectories.BASE_MODEL, Map.of()),
                stores.artifacts(),
                stores.commits(),
                0);
    }

    private ArtifactLease open(ArtifactFile file) {
        return ((OpenedArtifact.Intact) stores.artifacts().open(file.content().sha256())).lease();
    }

    private static LoraModule module(int rank) {
        return new LoraModule(PATH, WIDTH, WIDTH, rank, 2);
    }

    /** Outside the heap, as a learner's. */
    private static TrainingState state(int rank) {
        ParameterLayout layout = LoraModules.layout(List.of(module(rank)));
        return new TrainingState(
                new AdapterWeights(layout, values(layout, 1)),
                new AdapterWeights(layout, values(layout, 2)),
                Optional.of(new TrainingState.Moments(values(layout, 3), values(layout, 4))),
                0);
    }

    private static FloatBuffer values(ParameterLayout layout, float first) {
        FloatBuffer values = ByteBuffer.allocateDirect(layout.size() * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        for (int i = 0; i < layout.size(); i++) {
            values.put(i, first + i);
        }
        return values;
    }
}
