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
import java.util.Set;
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

    private static final String SEGMENTS = "SELECT stream.name, " + Segment.COLUMNS + """
             FROM segment JOIN stream ON stream.id = segment.stream_id
            WHERE segment.adapter_id = (SELECT id FROM adapter WHERE tenant = ? AND name = ?)""";

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
                    SEGMENTS + " AND last_seq > ? ORDER BY last_seq LIMIT ?",
                    row -> {
                        StreamName stream = stream(adapter, row);
                        Segment segment = Segment.read(row);
                        for (long seq = Math.max(afterSeq + 1, segment.firstSeq()); seq <= segment.lastSeq(); seq++) {
                            left[0] -= segment.encoding(seq).length;
                            if (examples.size() == maxExamples || left[0] < 0 && !examples.isEmpty()) {
                                return false;
                            }
                            examples.add(logged(stream, segment, seq));
                        }
                        return true;
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
        Set<Long> wanted = Set.copyOf(seqs);
        return directory.database().read(session -> {
            List<LoggedExample> examples = new ArrayList<>();
            session.visit(
                    SEGMENTS + """
                             AND last_seq IN (
                              SELECT (SELECT last_seq FROM segment WHERE last_seq >= value ORDER BY last_seq LIMIT 1) FROM json_each(?))
                            ORDER BY last_seq""",
                    row -> {
                        StreamName stream = stream(adapter, row);
                        Segment segment = Segment.read(row);
                        for (long seq = segment.firstSeq(); seq <= segment.lastSeq(); seq++) {
                            if (wanted.contains(seq)) {
                                examples.add(logged(stream, segment, seq));
                            }
                        }
                        return true;
                    },
                    adapter.tenant(),
                    adapter.adapter(),
                    wanted.toString());
            return examples;
        });
    }

    private static StreamName stream(AdapterName adapter, ResultSet row) throws SQLException {
        return new StreamName(adapter, row.getString("name"));
    }

    private static LoggedExample logged(StreamName stream, Segment segment, long seq) {
        byte[] encoding = segment.encoding(seq);
        return new LoggedExample(seq, stream, segment.offset(seq), ExampleCodec.decode(encoding), encoding.length);
    }

    @Override
    public Flux<AdapterName> appended(AdapterName adapter) {
        return directory.changes().of(Changes.Topic.EXAMPLES, adapter);
    }
}
