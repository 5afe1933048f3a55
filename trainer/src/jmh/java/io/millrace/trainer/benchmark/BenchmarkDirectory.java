package io.millrace.trainer.benchmark;

import io.millrace.trainer.checkpoint.ArtifactStore;
import io.millrace.trainer.checkpoint.CommitStore;
import io.millrace.trainer.checkpoint.RevisionStore;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.AdapterStore;
import io.millrace.trainer.log.BoundBase;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.Settler;
import io.millrace.trainer.log.SqliteExampleLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/** A data directory with one adapter, on the disk of the temporary folder; gone once it is closed. */
final class BenchmarkDirectory implements AutoCloseable {
    static final AdapterName ADAPTER = AdapterName.parse("tenants/b/adapters/b");

    final SqliteExampleLog log;
    final ArtifactStore artifacts;
    final CommitStore commits;
    private final Path path;
    private final DataDirectory directory;

    private BenchmarkDirectory(Path path, DataDirectory directory) throws IOException {
        this.path = path;
        this.directory = directory;
        new AdapterStore(directory, Clock.systemUTC(), new Random(1))
                .create(ADAPTER, "{}", Optional.empty())
                .block();
        log = new SqliteExampleLog(directory, Long.MAX_VALUE / 2);
        artifacts = new ArtifactStore(directory);
        commits = new CommitStore(
                directory,
                artifacts,
                new RevisionStore(directory, RevisionStore.DEFAULT_KEPT),
                new Settler(Settler.DEFAULT_RETAINED_BYTES),
                Clock.systemUTC());
    }

    static BenchmarkDirectory create() throws IOException {
        Path path = Files.createTempDirectory("millrace-jmh");
        return new BenchmarkDirectory(path, DataDirectory.open(path.resolve("data"), BoundBase.dense("sha256:benchmark")));
    }

    @Override
    public void close() throws IOException {
        directory.close();
        List<Path> deepestFirst;
        try (Stream<Path> paths = Files.walk(path)) {
            deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path one : deepestFirst) {
            Files.delete(one);
        }
    }
}
