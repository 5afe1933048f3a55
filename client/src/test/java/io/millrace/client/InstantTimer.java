package io.millrace.client;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A timer on which every wait is over at once, or once something has happened; it tells how long the waits would have been. */
public final class InstantTimer implements Scheduler {
    private final Scheduler scheduler = Schedulers.parallel();
    private final List<Duration> waits = new CopyOnWriteArrayList<>();
    private final Queue<Runnable> happenings = new ConcurrentLinkedQueue<>();

    public List<Duration> waits() {
        return waits;
    }

    /** Lets {@code happening} take place during a wait, each during one. */
    public void during(Runnable happening) {
        happenings.add(happening);
    }

    @Override
    public Disposable schedule(Runnable task) {
        return scheduler.schedule(task);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        waits.add(Duration.of(delay, unit.toChronoUnit()));
        Runnable happening = happenings.poll();
        return scheduler.schedule(() -> {
            if (happening != null) {
                happening.run();
            }
            task.run();
        });
    }

    @Override
    public Worker createWorker() {
        return scheduler.createWorker();
    }
}
