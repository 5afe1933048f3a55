package io.millrace.trainer.pipeline;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.ExampleLog;
import io.millrace.trainer.log.LoggedExample;
import io.millrace.trainer.tokenizer.Tokenized;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Pulls an adapter's examples from the log, in order, and forms batches of them: full ones at once, others when their
 * oldest example has waited long enough. Nothing is read ahead of demand but one read's worth of examples.
 */
final class BatchFormer {
    private static final int READ_EXAMPLES = 64;
    private static final long READ_BYTES = 1 << 20;

    private final AdapterName adapter;
    private final AdapterConfig config;
    private final ExampleLog log;
    private final Members members;
    private final HoldoutRule holdout;
    private final Reservoir reservoir;
    private final BooleanSupplier shift;
    private final Scheduler scheduler;

    /** What was read and isn't tokenised yet: a batch needn't wait for what comes after it. */
    private final Deque<LoggedExample> read = new ArrayDeque<>();

    private final Deque<Pending> window = new ArrayDeque<>();
    private long readThrough;
    private long number;
    private boolean idle = true;

    /** An example tokenised and not yet in a batch. */
    private record Pending(LoggedExample logged, Tokenized tokenized, boolean heldOut, Instant since) {
        int tokens() {
            return tokenized instanceof Tokenized.Tokens tokens && !heldOut ? tokens.ids().length : 0;
        }

        boolean trains() {
            return tokenized instanceof Tokenized.Tokens && !heldOut;
        }
    }

    /**
     * @param reservoir as of the last batch formed; this former alone offers to it from now on
     * @param number of the last batch formed
     * @param readThrough place in the log of the last example in it
     * @param shift whether a detected shift is being learned right now
     * @param scheduler reads, tokenises and waits there
     */
    BatchFormer(
            AdapterName adapter,
            AdapterConfig config,
            ExampleLog log,
            Members members,
            HoldoutRule holdout,
            Reservoir reservoir,
            long number,
            long readThrough,
            BooleanSupplier shift,
            Scheduler scheduler) {
        this.adapter = adapter;
        this.config = config;
        this.log = log;
        this.members = members;
        this.holdout = holdout;
        this.reservoir = reservoir;
        this.number = number;
        this.readThrough = readThrough;
        this.shift = shift;
        this.scheduler = scheduler;
    }

    /**
     * The batch that was decided on before a restart, from what its record names.
     *
     * @throws IllegalStateException if an example of it is not in the log any more, or is refused now
     */
    Work.Batch again(BatchRecord record) {
        List<Member> train = members.require(record.train());
        List<Member> heldOut = members.require(record.heldOut());
        List<Dropped> dropped = log.read(adapter, record.dropped()).stream()
                .map(logged -> new Dropped(logged.seq(), logged.stream(), logged.offset(), "dropped before a restart"))
                .toList();
        List<Member> replay = members.read(record.replay());
        train.forEach(reservoir::offer);
        number = record.number();
        readThrough = record.through();
        idle = false;
        return new Work.Batch(record, train, heldOut, dropped, replay, reservoir.snapshot());
    }

    /** The next batch, or once after the last one that the log is used up. */
    Mono<Work> next() {
        return Mono.defer(this::poll)
                .subscribeOn(scheduler)
                .repeatWhenEmpty(Integer.MAX_VALUE, rounds -> rounds.concatMap(round -> moreOrOverdue(), 1));
    }

    private Mono<Work> poll() {
        fill();
        if (isFull() || isOverdue()) {
            return Mono.just(take());
        }
        if (window.isEmpty() && !idle) {
            idle = true;
            return Mono.just(new Work.Idle());
        }
        return Mono.empty();
    }

    /** Something to poll for: more in the log, or the oldest waiting example is due. */
    private Mono<?> moreOrOverdue() {
        Mono<AdapterName> more = log.appended(adapter)
                .publishOn(scheduler, 1)
                .filter(signal -> hasMore())
                .next();
        Pending oldest = window.peekFirst();
        if (oldest == null) {
            return more;
        }
        Duration left =
                Duration.between(now(), oldest.since().plus(config.batch().flushAfter()));
        return Mono.firstWithSignal(more, Mono.delay(left.isNegative() ? Duration.ZERO : left, scheduler));
    }

    private boolean hasMore() {
        return !log.read(adapter, readThrough, 1, 1).isEmpty();
    }

    private void fill() {
        while (!isFull()) {
            if (read.isEmpty()) {
                read.addAll(log.read(adapter, readThrough, READ_EXAMPLES, READ_BYTES));
            }
            LoggedExample logged = read.pollFirst();
            if (logged == null) {
                return;
            }
            Tokenized tokenized = members.tokenize(logged);
            window.add(new Pending(logged, tokenized, holdout.holdsOut(logged.example()), now()));
            readThrough = logged.seq();
        }
    }

    private boolean isFull() {
        return window.stream().filter(Pending::trains).count() >= config.batch().sequences()
                || window.stream().mapToInt(Pending::tokens).sum()
                        >= config.batch().tokens();
    }

    private boolean isOverdue() {
        Pending oldest = window.peekFirst();
        return oldest != null
                && !oldest.since().plus(config.batch().flushAfter()).isAfter(now());
    }

    private Work.Batch take() {
        List<Member> train = new ArrayList<>();
        List<Member> heldOut = new ArrayList<>();
        List<Dropped> dropped = new ArrayList<>();
        long through = 0;
        int tokens = 0;
        for (Pending next = window.peekFirst(); next != null; next = window.peekFirst()) {
            boolean exceeds = tokens + next.tokens() > config.batch().tokens();
            if (!train.isEmpty()
                    && next.trains()
                    && (train.size() == config.batch().sequences() || exceeds)) {
                break;
            }
            window.removeFirst();
            LoggedExample logged = next.logged();
            through = logged.seq();
            tokens += next.tokens();
            if (next.tokenized() instanceof Tokenized.Tokens tokenized) {
                (next.heldOut() ? heldOut : train).add(Members.of(logged, tokenized));
            } else {
                dropped.add(new Dropped(
                        logged.seq(),
                        logged.stream(),
                        logged.offset(),
                        next.tokenized().toString()));
            }
        }
        return decide(train, heldOut, dropped, through);
    }

    private Work.Batch decide(List<Member> train, List<Member> heldOut, List<Dropped> dropped, long through) {
        number++;
        boolean shifting = shift.getAsBoolean();
        double share = shifting
                ? config.examples().replayShareAfterShift()
                : config.examples().replayShare();
        List<Member> replay = reservoir.draw(train.size() * share / (1 - share), number);
        train.forEach(reservoir::offer);
        idle = false;
        BatchRecord record = new BatchRecord(
                number,
                through,
                train.stream().map(Member::seq).toList(),
                heldOut.stream().map(Member::seq).toList(),
                dropped.stream().map(Dropped::seq).toList(),
                replay.stream().map(Member::seq).toList(),
                config.batch().microBatchTokens(),
                shifting);
        return new Work.Batch(record, train, heldOut, dropped, replay, reservoir.snapshot());
    }

    private Instant now() {
        return Instant.ofEpochMilli(scheduler.now(TimeUnit.MILLISECONDS));
    }

    /** Everything from here on: batches while there are examples, {@link Work.Idle} each time they run out. */
    Flux<Work> all() {
        return next().repeat();
    }
}
