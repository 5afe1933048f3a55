package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.PlainText;
import io.millrace.trainer.example.StreamName;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/** Data directories, and what tests put into them. */
public final class TestDirectories {
    public static final String BASE_MODEL = "sha256:of-the-base-model";
    public static final AdapterName ADAPTER = AdapterName.parse("tenants/t/adapters/a");
    public static final StreamName STREAM = new StreamName(ADAPTER, "s");
    public static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC);

    private TestDirectories() {}

    public static DataDirectory open(Path path) {
        return DataDirectory.open(path, BoundBase.dense(BASE_MODEL));
    }

    public static AdapterStore adapters(DataDirectory directory) {
        return new AdapterStore(directory, CLOCK, new Random(7));
    }

    public static SqliteExampleLog log(DataDirectory directory) {
        return new SqliteExampleLog(directory, SqliteExampleLog.DEFAULT_BOUND);
    }

    /** A directory with one adapter. */
    public static DataDirectory openWithAdapter(Path path) {
        DataDirectory directory = open(path);
        adapters(directory).create(ADAPTER, "{}", Optional.empty()).block();
        return directory;
    }

    /** Examples that differ by their number. */
    public static List<Example> examples(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> Example.of(new PlainText("example " + i)))
                .toList();
    }
}
