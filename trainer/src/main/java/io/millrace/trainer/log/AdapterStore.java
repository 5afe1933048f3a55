package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import reactor.core.publisher.Mono;

/**
 * The adapters of a data directory. Changes complete when they are durable and fail with a {@link StorageException};
 * reads block shortly.
 */
public final class AdapterStore {
    private static final String COLUMNS =
            "SELECT id, tenant, name, config, seed, request_id, paused_because, created, version FROM adapter";

    /** An adapter and what only the store needs to know. */
    private record Stored(long id, Adapter adapter, Optional<String> requestId) {}

    private final DataDirectory directory;
    private final Clock clock;
    private final RandomGenerator random;

    /** @param random where seeds come from; used by the writing thread alone */
    public AdapterStore(DataDirectory directory, Clock clock, RandomGenerator random) {
        this.directory = directory;
        this.clock = clock;
        this.random = random;
    }

    /**
     * @param config a JSON object as text, already checked
     * @param requestId recognises a retry
     */
    public Mono<CreateOutcome> create(AdapterName name, String config, Optional<String> requestId) {
        return directory.database().write(session -> {
            Optional<Stored> present = find(session, name);
            if (present.isPresent()) {
                return existing(present.get(), config, requestId);
            }
            session.update(
                    "INSERT INTO adapter (tenant, name, config, seed, request_id, created) VALUES (?, ?, ?, ?, ?, ?)",
                    name.tenant(),
                    name.adapter(),
                    config,
                    random.nextLong(),
                    requestId.orElse(null),
                    clock.instant().toString());
            return new CreateOutcome.Created(find(session, name).orElseThrow().adapter());
        });
    }

    private static CreateOutcome existing(Stored stored, String config, Optional<String> requestId) {
        boolean repeated = requestId.isPresent()
                && requestId.equals(stored.requestId())
                && stored.adapter().config().equals(config);
        return repeated
                ? new CreateOutcome.Repeated(stored.adapter())
                : new CreateOutcome.AlreadyExists(stored.adapter());
    }

    /** Kept in memory between changes: may be asked often. */
    public Optional<Adapter> get(AdapterName name) {
        return directory
                .knownAdapters()
                .get(
                        name,
                        () -> directory
                                .database()
                                .read(session -> find(session, name))
                                .map(Stored::adapter));
    }

    /**
     * @param tenant only this one's; absent: everyone's
     * @param after the {@code next} of the page before; absent: from the start
     * @param pageSize most adapters, 1 to 1,000
     */
    public AdapterPage list(Optional<String> tenant, Optional<AdapterName> after, int pageSize) {
        if (pageSize < 1 || pageSize > 1000) {
            throw new IllegalArgumentException("page_size is %d; it must be 1 to 1,000".formatted(pageSize));
        }
        List<Adapter> adapters = directory
                .database()
                .read(session -> session.list(
                        COLUMNS
                                + " WHERE tenant = coalesce(?, tenant) AND (tenant, name) > (?, ?) ORDER BY tenant, name LIMIT ?",
                        row -> stored(row).adapter(),
                        tenant.orElse(null),
                        after.map(AdapterName::tenant).orElse(""),
                        after.map(AdapterName::adapter).orElse(""),
                        pageSize + 1));
        if (adapters.size() <= pageSize) {
            return new AdapterPage(adapters, Optional.empty());
        }
        List<Adapter> page = adapters.subList(0, pageSize);
        return new AdapterPage(page, Optional.of(page.get(pageSize - 1).name()));
    }

    /** @param etag what the adapter has to have; absent: whatever it has */
    public Mono<ChangeOutcome> updateConfig(AdapterName name, String config, Optional<String> etag) {
        return change(
                name,
                etag,
                (session, id) -> session.update(
                        "UPDATE adapter SET config = ?, version = version + 1 WHERE id = ?", config, id));
    }

    /** Pausing a paused adapter changes the reason. Appends to its streams are still taken. */
    public Mono<ChangeOutcome> pause(AdapterName name, String reason) {
        return setPaused(name, Optional.of(reason));
    }

    public Mono<ChangeOutcome> resume(AdapterName name) {
        return setPaused(name, Optional.empty());
    }

    private Mono<ChangeOutcome> setPaused(AdapterName name, Optional<String> reason) {
        return change(
                name,
                Optional.empty(),
                (session, id) -> session.update(
                        "UPDATE adapter SET paused_because = ?, version = version + 1 WHERE id = ?",
                        reason.orElse(null),
                        id));
    }

    /**
     * Erases the adapter with its streams, examples, commits and revisions in one transaction. Their files go with the next
     * {@code ArtifactStore.collect()}.
     *
     * @param etag what the adapter has to have; absent: whatever it has
     */
    public Mono<ChangeOutcome> delete(AdapterName name, Optional<String> etag) {
        return directory
                .database()
                .write(
                        session -> {
                            Optional<Stored> stored = find(session, name);
                            ChangeOutcome outcome = check(name, stored, etag);
                            if (outcome instanceof ChangeOutcome.Changed) {
                                session.update(
                                        "DELETE FROM adapter WHERE id = ?",
                                        stored.orElseThrow().id());
                            }
                            return outcome;
                        },
                        outcome -> announce(name));
    }

    private interface Change {
        void apply(Session session, long id) throws SQLException;
    }

    private Mono<ChangeOutcome> change(AdapterName name, Optional<String> etag, Change change) {
        return directory
                .database()
                .write(
                        session -> {
                            Optional<Stored> stored = find(session, name);
                            ChangeOutcome outcome = check(name, stored, etag);
                            if (outcome instanceof ChangeOutcome.Changed) {
                                change.apply(session, stored.orElseThrow().id());
                                return new ChangeOutcome.Changed(
                                        find(session, name).orElseThrow().adapter());
                            }
                            return outcome;
                        },
                        outcome -> announce(name));
    }

    private void announce(AdapterName name) {
        directory.knownAdapters().forget(name);
        for (Changes.Topic topic : Changes.Topic.values()) {
            directory.changes().announce(topic, name);
        }
    }

    private static ChangeOutcome check(AdapterName name, Optional<Stored> stored, Optional<String> etag) {
        if (stored.isEmpty()) {
            return new ChangeOutcome.UnknownAdapter(name);
        }
        Adapter adapter = stored.get().adapter();
        return etag.isPresent() && !etag.get().equals(adapter.etag())
                ? new ChangeOutcome.OtherEtag(adapter)
                : new ChangeOutcome.Changed(adapter);
    }

    private static Optional<Stored> find(Session session, AdapterName name) throws SQLException {
        return session.first(
                COLUMNS + " WHERE tenant = ? AND name = ?", AdapterStore::stored, name.tenant(), name.adapter());
    }

    private static Stored stored(ResultSet row) throws SQLException {
        long id = row.getLong("id");
        Adapter adapter = new Adapter(
                new AdapterName(row.getString("tenant"), row.getString("name")),
                row.getString("config"),
                row.getLong("seed"),
                Optional.ofNullable(row.getString("paused_because")),
                Instant.parse(row.getString("created")),
                id + "-" + row.getLong("version"));
        return new Stored(id, adapter, Optional.ofNullable(row.getString("request_id")));
    }
}
