package io.millrace.server;

import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.server.checkpoint.CheckpointService;
import io.millrace.server.grpc.Drain;
import io.millrace.server.ingest.IngestService;
import io.millrace.trainer.checkpoint.ArtifactFile;
import io.millrace.trainer.checkpoint.ArtifactLease;
import io.millrace.trainer.checkpoint.ArtifactStore;
import io.millrace.trainer.checkpoint.Commit;
import io.millrace.trainer.checkpoint.CommitStore;
import io.millrace.trainer.checkpoint.NewRevision;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.checkpoint.RevisionStore;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.AdapterStore;
import io.millrace.trainer.log.BoundBase;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.LoggedExample;
import io.millrace.trainer.log.Settlement;
import io.millrace.trainer.log.Settler;
import io.millrace.trainer.log.SqliteExampleLog;
import io.millrace.trainer.log.StreamProgress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import reactor.core.scheduler.Scheduler;

/** The services on loopback over a real data directory; only the training behind the log is scripted. */
public final class TestServer implements AutoCloseable {
    public static final AdapterName ADAPTER = AdapterName.parse("tenants/t/adapters/a");
    public static final StreamName STREAM = new StreamName(ADAPTER, "s");
    /** Bytes of an adapter's unsettled examples. */
    public static final long LOG_BOUND = 64 << 10;
    /** Revisions kept per adapter. */
    public static final int KEPT = 3;

    public final ManagedChannel channel;
    public final SqliteExampleLog log;
    public final RevisionStore revisions;
    public final ArtifactStore artifacts;
    public final AdapterStore adapters;
    private final DataDirectory directory;
    private final CommitStore commits;
    private final ScriptedTraining training;
    private final MillraceServer server;
    private long step;

    public TestServer(Path path) throws IOException {
        this(path, ServerSettings.onPort(0));
    }

    public TestServer(Path path, ServerSettings settings) throws IOException {
        directory = DataDirectory.open(path, BoundBase.dense("sha256:base"));
        log = new SqliteExampleLog(directory, LOG_BOUND);
        adapters = new AdapterStore(directory, Clock.systemUTC(), new Random(1));
        revisions = new RevisionStore(directory, KEPT);
        artifacts = new ArtifactStore(directory);
        commits = new CommitStore(
                directory, artifacts, revisions, new Settler(Settler.DEFAULT_RETAINED_BYTES), Clock.systemUTC());
        training = new ScriptedTraining(revisions);
        Drain drain = new Drain();
        Scheduler blocking = directory.database().reads();
        server = MillraceServer.start(
                settings,
                drain,
                List.of(
                        new IngestService(log, training, blocking, drain, settings.drain()),
                        new CheckpointService(revisions, artifacts, blocking, drain)));
        channel = channel();
        adapters.create(ADAPTER, "{}", Optional.empty()).block();
    }

    /** Another connection to it. */
    public ManagedChannel channel() {
        return NettyChannelBuilder.forAddress("127.0.0.1", server.port(), InsecureChannelCredentials.create())
                .build();
    }

    public int port() {
        return server.port();
    }

    /** How many streams of examples are open, as the server knows. */
    public int openStreams() {
        return training.waiting();
    }

    /** Settles all that is in the log as trained, as a commit would. */
    public void settleAll() {
        List<LoggedExample> examples = log.read(ADAPTER, 0, 100_000, Long.MAX_VALUE);
        long through =
                examples.isEmpty() ? 0 : examples.get(examples.size() - 1).seq();
        long next = log.stream(STREAM).orElseThrow().nextOffset();
        StreamProgress progress = new StreamProgress(next, next, 0, 0, 0);
        Settlement settlement = new Settlement(through, List.of(), Map.of(STREAM, progress));
        commits.commit(new Commit(ADAPTER, ++step, List.of(), settlement, "{}")).block();
        training.announce(ADAPTER);
    }

    /** Publishes a revision whose only file has this content. */
    public Revision publish(byte[] content) throws IOException {
        return publish(content, "gain 0.2 exceeds one standard error of 0.1");
    }

    public Revision publish(byte[] content, String gateDecision) throws IOException {
        try (ArtifactLease lease = artifacts.write(out -> out.write(ByteBuffer.wrap(content)))) {
            ArtifactFile file = lease.artifact().named("adapter_model.safetensors");
            Commit commit = new Commit(ADAPTER, ++step, List.of(), Settlement.NONE, "{}");
            NewRevision revision = new NewRevision(
                    Optional.empty(),
                    List.of(file),
                    "sha256:base",
                    "lora",
                    "{\"rank\": 16}",
                    Map.of("s", 3L),
                    100,
                    3,
                    Map.of("holdout_loss", 0.5),
                    gateDecision,
                    Map.of("base_model", "org/base"),
                    Optional.empty());
            return java.util.Objects.requireNonNull(
                    commits.publish(commit, revision).block(Duration.ofSeconds(10)));
        }
    }

    /** Shuts the server down as SIGTERM does; the data directory stays open. */
    public void drain() {
        server.close();
    }

    @Override
    public void close() throws InterruptedException {
        channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        server.close();
        directory.close();
    }
}
