package io.millrace.client;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A timer on which every wait is over at once; it tells how long the waits would have been. */
public final class InstantTimer implements Scheduler {
    private final Scheduler scheduler = Schedulers.parallel();
    private final List<Duration> waits = new CopyOnWriteArrayList<>();

    public List<Duration> waits() {
        return waits;
    }

    @Override
    public Disposable schedule(Runnable task) {
        return scheduler.schedule(task);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        waits.add(Duration.of(delay, unit.toChronoUnit()));
        return scheduler.schedule(task);
    }

    @Override
    public Worker createWorker() {
        return scheduler.createWorker();
    }
}
