package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.EncodedExample;
import io.millrace.trainer.example.ExampleCodec;
import io.millrace.trainer.example.StreamName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The log in the data directory's database. */
public final class SqliteExampleLog implements ExampleLog {
    /** 64 MiB: the default bound on an adapter's unsettled bytes. */
    public static final long DEFAULT_BOUND = 64L << 20;

    /*
     * Appends that wait for the writing thread may hold this much memory. Each counts as at least LEAST_COST, so they
     * never fill the queue, and the trainer's own writes find room in it.
     */
    private static final int WAITING_BYTES = 32 << 20;
    private static final int LEAST_COST = 2 * WAITING_BYTES / Database.QUEUE;

    private static final String EXAMPLES = """
            SELECT seq, stream.name, offset, bytes, body FROM example
            JOIN stream ON stream.id = example.stream_id
            WHERE example.adapter_id = (SELECT id FROM adapter WHERE tenant = ? AND name = ?)""";

    private final DataDirectory directory;
    private final long bound;
    private final Semaphore room = new Semaphore(WAITING_BYTES);

    /** @param bound most unsettled bytes of an adapter */
    public SqliteExampleLog(DataDirectory directory, long bound) {
        if (bound < 1) {
            throw new IllegalArgumentException("bound is %d; it must be above 0 bytes".formatted(bound));
        }
        this.directory = directory;
        this.bound = bound;
    }

    @Override
    public Mono<OpenOutcome> open(StreamName stream) {
        return directory.database().write(session -> {
            Optional<StreamState> present = Streams.find(session, stream);
            if (present.isPresent()) {
                return new OpenOutcome.Opened(present.get());
            }
            Optional<Long> adapterId = AdapterRows.id(session, stream.adapter());
            if (adapterId.isEmpty()) {
                return new OpenOutcome.UnknownAdapter(stream.adapter());
            }
            Streams.create(session, adapterId.get(), stream);
            return new OpenOutcome.Opened(new StreamState(stream, 0, StreamProgress.NONE));
        });
    }

    @Override
    public Optional<StreamState> stream(StreamName stream) {
        return directory.database().read(session -> Streams.find(session, stream));
    }

    @Override
    public List<StreamState> streams(AdapterName adapter) {
        return directory.database().read(session -> Streams.of(session, adapter));
    }

    @Override
    public long room(AdapterName adapter) {
        return directory
                .database()
                .read(session -> session.first(
                                "SELECT ? - unsettled_bytes FROM adapter WHERE tenant = ? AND name = ?",
                                row -> row.getLong(1),
                                bound,
                                adapter.tenant(),
                                adapter.adapter())
                        .orElse(0L));
    }

    @Override
    public Mono<AppendOutcome> appendEncoded(StreamName stream, long offset, List<EncodedExample> examples) {
        if (examples.isEmpty()) {
            throw new IllegalArgumentException("examples is empty; append at least one");
        }
        return Mono.defer(() -> {
            int cost = cost(examples);
            if (!room.tryAcquire(cost)) {
                return Mono.error(new StorageException.Busy("appends wait for the disk"));
            }
            return directory
                    .database()
                    .write(new Append(stream, offset, examples, bound), outcome -> announce(stream, outcome))
                    .doFinally(signal -> room.release(cost));
        });
    }

    private static int cost(List<EncodedExample> examples) {
        long bytes = examples.stream().mapToLong(EncodedExample::size).sum();
        return (int) Math.min(WAITING_BYTES, Math.max(LEAST_COST, bytes));
    }

    private void announce(StreamName stream, AppendOutcome outcome) {
        if (outcome instanceof AppendOutcome.Appended) {
            directory.changes().announce(Changes.Topic.EXAMPLES, stream.adapter());
        }
    }

    @Override
    public List<LoggedExample> read(AdapterName adapter, long afterSeq, int maxExamples, long maxBytes) {
        return directory.database().read(session -> {
            List<LoggedExample> examples = new ArrayList<>();
            long[] left = {maxBytes};
            session.visit(
                    EXAMPLES + " AND seq > ? ORDER BY seq LIMIT ?",
                    row -> {
                        left[0] -= row.getLong("bytes");
                        boolean fits = left[0] >= 0;
                        if (fits || examples.isEmpty()) {
                            examples.add(logged(adapter, row));
                        }
                        return fits;
                    },
                    adapter.tenant(),
                    adapter.adapter(),
                    afterSeq,
                    maxExamples);
            return examples;
        });
    }

    @Override
    public List<LoggedExample> read(AdapterName adapter, Collection<Long> seqs) {
        return directory
                .database()
                .read(session -> session.list(
                        EXAMPLES + " AND seq IN (SELECT value FROM json_each(?)) ORDER BY seq",
                        row -> logged(adapter, row),
                        adapter.tenant(),
                        adapter.adapter(),
                        List.copyOf(seqs).toString()));
    }

    private static LoggedExample logged(AdapterName adapter, ResultSet row) throws SQLException {
        return new LoggedExample(
                row.getLong("seq"),
                new StreamName(adapter, row.getString("name")),
                row.getLong("offset"),
                ExampleCodec.decode(row.getBytes("body")),
                row.getLong("bytes"));
    }

    @Override
    public Flux<AdapterName> appended(AdapterName adapter) {
        return directory.changes().of(Changes.Topic.EXAMPLES, adapter);
    }
}
