package io.millrace.trainer.checkpoint;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.AdapterRows;
import io.millrace.trainer.log.Database;
import io.millrace.trainer.log.Session;
import java.sql.SQLException;
import java.util.Optional;

/** Where one watcher stands. Used by one thread at a time. */
final class RevisionCursor {
    private final Database database;
    private final AdapterName adapter;
    private final StartAt start;
    private Optional<Long> adapterId = Optional.empty();
    private long next;

    RevisionCursor(Database database, AdapterName adapter, StartAt start) {
        this.database = database;
        this.adapter = adapter;
        this.start = start;
    }

    /** The next event, or nothing while there is none. */
    Optional<RevisionEvent> next() {
        return database.read(this::next);
    }

    private Optional<RevisionEvent> next(Session session) throws SQLException {
        Optional<Long> id = AdapterRows.id(session, adapter);
        boolean first = adapterId.isEmpty();
        // An adapter created anew under the name of a deleted one is another adapter.
        if (id.isEmpty() || !(first || id.equals(adapterId))) {
            return Optional.of(new RevisionEvent.UnknownAdapter(adapter));
        }
        adapterId = id;
        RevisionSpan span = RevisionRows.span(session, id.get());
        if (first) {
            Optional<RevisionEvent> refused = begin(span);
            if (refused.isPresent()) {
                return refused;
            }
        }
        if (next < span.floor()) {
            RevisionEvent lagged = new RevisionEvent.Lagged(next, span.floor());
            next = span.floor();
            return Optional.of(lagged);
        }
        if (next > span.latest()) {
            return Optional.empty();
        }
        Optional<Revision> revision = RevisionRows.find(session, adapter, id.get(), next);
        if (revision.isEmpty()) {
            return next(session); // compacted since the span was read
        }
        next++;
        return Optional.of(new RevisionEvent.Published(revision.get()));
    }

    private Optional<RevisionEvent> begin(RevisionSpan span) {
        if (start instanceof StartAt.At at) {
            if (at.revision() < span.floor()) {
                return Optional.of(new RevisionEvent.Compacted(span.floor(), span.latest()));
            }
            if (at.revision() > span.latest() + 1) {
                return Optional.of(new RevisionEvent.BeyondLatest(span.latest()));
            }
            next = at.revision();
        } else {
            next = start instanceof StartAt.Latest ? Math.max(1, span.latest()) : span.floor();
        }
        return Optional.empty();
    }
}
