package io.millrace.trainer.pipeline;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.Adapter;
import io.millrace.trainer.log.AppendOutcome;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.TrainedAdapter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/**
 * A stream's training without its clock: the same batches, replay and steps, but one at a time, when asked for and on the
 * calling thread, so that the weights can be looked at in between. Nothing is judged or published. For comparing settings.
 */
public final class Rehearsal implements AutoCloseable {
    private static final AdapterName ADAPTER = AdapterName.parse("tenants/rehearsal/adapters/only");
    private static final StreamName STREAM = new StreamName(ADAPTER, "examples");

    private final DataDirectory directory;
    private final Stores stores;
    private final Threads threads;
    private final RunFactory.Opened opened;
    private final Adaptation adaptation;
    private long appended;
    private long settled;

    /**
     * A batch that was trained on.
     *
     * @param settled examples so far
     * @param tokens in its step, those of replayed examples included; 0: all of its examples are held out
     */
    public record Trained(long settled, int tokens) {}

    private Rehearsal(DataDirectory directory, Base base, String config, long seed) {
        this.directory = directory;
        this.stores = Stores.of(directory, TrainerSettings.DEFAULT, Clock.systemUTC());
        stores.adapters().create(ADAPTER, config, Optional.empty()).block();
        Adapter created = stores.adapters().get(ADAPTER).orElseThrow();
        Adapter adapter =
                new Adapter(ADAPTER, config, seed, created.pausedBecause(), created.created(), created.etag());
        this.adaptation = AdapterConfigJson.parse(config).method().on(base.host());
        this.threads = Threads.start();
        this.opened = new RunFactory(stores, base, threads).open(adapter, progress -> {});
    }

    /**
     * @param folder empty or absent, and used up afterwards
     * @param base belongs to the calling thread
     * @param config see {@link AdapterConfigJson}
     * @param seed of the adapter: all randomness is a function of it
     * @throws IllegalArgumentException if the config is invalid or doesn't fit the model
     */
    public static Rehearsal open(Path folder, Base base, String config, long seed) {
        AdapterConfigJson.parse(config).method().on(base.host());
        DataDirectory directory = DataDirectory.open(folder, base.identity().bound());
        try {
            return new Rehearsal(directory, base, config, seed);
        } catch (RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    /** Adds examples to the stream. */
    public void append(List<Example> examples) {
        AppendOutcome outcome = stores.log().append(STREAM, appended, examples).block();
        if (!(outcome instanceof AppendOutcome.Appended)) {
            throw new IllegalStateException("the examples were not logged: " + outcome);
        }
        appended += examples.size();
    }

    /**
     * Trains on the next batch. Empty: all examples are used up, and there is no next one until some are appended.
     *
     * @throws IllegalStateException if several batches in a row were spoilt
     */
    public Optional<Trained> next() {
        if (!(opened.former().next().block() instanceof Work.Batch batch)) {
            return Optional.empty();
        }
        opened.run().train(batch).flatMap(CommitRequest::halt).ifPresent(reason -> {
            throw new IllegalStateException(reason);
        });
        settled +=
                batch.train().size() + batch.heldOut().size() + batch.dropped().size();
        return Optional.of(new Trained(settled, batch.tokens()));
    }

    /** Mean loss of all new examples, each before the step that trained on it, nats per trained token; NaN: none yet. */
    public double prequentialLoss() {
        return opened.run().meanPrequentialLoss();
    }

    /** What a stream would have judged now: a view, to be used before the next batch. */
    public TrainedAdapter candidate() {
        return new TrainedAdapter(adaptation, opened.run().trainingState().average());
    }

    @Override
    public void close() {
        opened.run().close();
        threads.stop();
        directory.close();
    }
}
