package io.millrace.trainer.checkpoint;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.AdapterRows;
import io.millrace.trainer.log.Changes;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Flux;

/**
 * An adapter's published revisions; {@link CommitStore#publish} adds to them. The newest ones are kept. Reads block shortly.
 */
public final class RevisionStore {
    public static final int DEFAULT_KEPT = 100;

    private final DataDirectory directory;
    private final int kept;

    /** @param kept revisions to keep per adapter, at least 1 */
    public RevisionStore(DataDirectory directory, int kept) {
        if (kept < 1) {
            throw new IllegalArgumentException("kept is %d; it must be at least 1".formatted(kept));
        }
        this.directory = directory;
        this.kept = kept;
    }

    /** Absent: no such adapter. */
    public Optional<RevisionSpan> span(AdapterName adapter) {
        return directory.database().read(session -> {
            Optional<Long> id = AdapterRows.id(session, adapter);
            return id.isEmpty() ? Optional.empty() : Optional.of(RevisionRows.span(session, id.get()));
        });
    }

    /** Absent: not published yet, or not kept any more; {@link #span} tells. */
    public Optional<Revision> get(AdapterName adapter, long number) {
        return directory.database().read(session -> {
            Optional<Long> id = AdapterRows.id(session, adapter);
            return id.isEmpty() ? Optional.empty() : RevisionRows.find(session, adapter, id.get(), number);
        });
    }

    public Optional<Revision> latest(AdapterName adapter) {
        return list(adapter, Long.MAX_VALUE, 1).stream().findFirst();
    }

    /**
     * Newest first.
     *
     * @param before only those with a smaller number: the last one of the page before
     * @param pageSize most revisions, 1 to 1,000
     */
    public List<Revision> list(AdapterName adapter, long before, int pageSize) {
        if (pageSize < 1 || pageSize > 1000) {
            throw new IllegalArgumentException("page_size is %d; it must be 1 to 1,000".formatted(pageSize));
        }
        return directory.database().read(session -> {
            Optional<Long> id = AdapterRows.id(session, adapter);
            return id.isEmpty() ? List.of() : RevisionRows.before(session, adapter, id.get(), before, pageSize);
        });
    }

    /**
     * The revisions from a starting point on: first those that are kept, then new ones as they come, without duplicate or
     * gap but those that a {@link RevisionEvent.Lagged} names. Each is read when it is asked for, so a slow subscriber holds
     * nothing in memory. Completes after the events that say so, and when the data directory is closed.
     */
    public Flux<RevisionEvent> watch(AdapterName adapter, StartAt start) {
        return Flux.defer(() -> {
            RevisionCursor cursor = new RevisionCursor(directory.database(), adapter, start);
            Flux<RevisionEvent> unread = Flux.<RevisionEvent>generate(
                            sink -> cursor.next().ifPresentOrElse(sink::next, sink::complete))
                    .subscribeOn(directory.database().reads());
            return directory
                    .changes()
                    .of(Changes.Topic.REVISIONS, adapter)
                    .concatMap(signal -> unread, 1)
                    .takeUntilOther(directory.changes().closed())
                    .takeUntil(RevisionEvent::isLast);
        });
    }

    void announce(AdapterName adapter) {
        directory.changes().announce(Changes.Topic.REVISIONS, adapter);
    }

    /**
     * Deletes the revisions that are too many.
     *
     * @return digests of files that may be unnamed now
     */
    List<String> compact(Session session, long adapterId, long latest) throws SQLException {
        return RevisionRows.deleteBelow(session, adapterId, latest - kept + 1);
    }
}
