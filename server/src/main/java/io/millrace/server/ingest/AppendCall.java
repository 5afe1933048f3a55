package io.millrace.server.ingest;

import com.google.rpc.Status;
import io.millrace.server.api.ApiErrors;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.EncodedExample;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.AppendOutcome;
import io.millrace.trainer.log.ExampleLog;
import io.millrace.trainer.log.OpenOutcome;
import io.millrace.trainer.log.StorageException;
import io.millrace.v1.AppendExamplesRequest;
import io.millrace.v1.AppendExamplesResponse;
import io.millrace.v1.AppendExamplesResponse.AppendError;
import io.millrace.v1.AppendExamplesResponse.Appended;
import io.millrace.v1.AppendExamplesResponse.Drain;
import io.millrace.v1.AppendExamplesResponse.Opened;
import io.millrace.v1.AppendExamplesResponse.Progress;
import io.millrace.v1.AppendExamplesResponse.Throttle;
import io.millrace.v1.Grant;
import io.millrace.v1.RowError;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * One opened call of AppendExamples: stores appends, those together that came while the ones before were stored, and between
 * the answers says what was settled. While an append waits for room in the log, hardly any further request is pulled from the
 * client.
 */
final class AppendCall {
    private static final Duration PROGRESS_PERIOD = Duration.ofSeconds(1);
    private static final Duration RETRY_AFTER = Duration.ofMillis(500);
    private static final Duration BUSY_PAUSE = Duration.ofMillis(50);

    /** What an example takes besides its bytes, so that tiny ones don't wait by the ten thousand. */
    private static final int BYTES_PER_EXAMPLE = 256;

    private final ExampleLog log;
    private final Training training;
    private final Steps steps;
    private final StreamView streams;
    private final Scheduler blocking;
    private final LongSupplier mostWaiting;
    private final Producer producer;
    private final Grants grants;
    private final StreamName stream;
    private final AdapterName adapter;

    /** @param mostWaiting bytes of appends that may wait while others are stored; one more append may exceed it */
    AppendCall(
            ExampleLog log,
            Training training,
            Scheduler blocking,
            LongSupplier mostWaiting,
            Producer producer,
            Grants grants) {
        this.log = log;
        this.training = training;
        this.streams = new StreamView(log, training, blocking);
        this.blocking = blocking;
        this.mostWaiting = mostWaiting;
        this.producer = producer;
        this.grants = grants;
        this.stream = producer.stream();
        this.adapter = stream.adapter();
        this.steps = new Steps(adapter, new ExampleRows(training));
    }

    /**
     * @param requests those after {@code open}; their end ends the call, after all of them are answered
     * @param draining emits when the client is to be told that the server shuts down
     */
    Flux<AppendExamplesResponse> answer(Flux<AppendExamplesRequest> requests, Mono<Void> draining) {
        return producer.submit(() -> log.open(stream).toFuture())
                .flatMapMany(outcome -> outcome instanceof OpenOutcome.Opened opened
                        ? Flux.concat(opened(opened.stream().nextOffset()), converse(requests, draining))
                        : Flux.error(ApiErrors.noSuchAdapter(adapter)))
                .takeUntilOther(producer.superseded())
                .onErrorMap(StorageException.class, ApiErrors::unavailable);
    }

    private Flux<AppendExamplesResponse> opened(long nextOffset) {
        return Mono.zip(streams.now(stream), grant()).flatMapIterable(now -> {
            Opened opened = Opened.newBuilder()
                    .setNextOffset(nextOffset)
                    .setStream(now.getT1())
                    .setGrant(now.getT2())
                    .build();
            AppendExamplesResponse response =
                    AppendExamplesResponse.newBuilder().setOpened(opened).build();
            return now.getT2().getBytes() > 0
                    ? List.of(response)
                    : List.of(response, throttle("the adapter's log is at its bound"));
        });
    }

    private Flux<AppendExamplesResponse> converse(Flux<AppendExamplesRequest> requests, Mono<Void> draining) {
        Sinks.Empty<Void> answered = Sinks.empty();
        Flux<AppendExamplesResponse> answers = new Gathered<>(requests, AppendCall::weight, mostWaiting)
                .concatMap(waiting -> Mono.fromCallable(() -> steps.of(waiting)).subscribeOn(blocking), 0)
                .concatMapIterable(checked -> checked, 1)
                .concatMap(this::answer, 1)
                .doFinally(end -> answered.tryEmitEmpty());
        Mono<AppendExamplesResponse> drain = draining.thenReturn(AppendExamplesResponse.newBuilder()
                .setDrain(Drain.getDefaultInstance())
                .build());
        Flux<AppendExamplesResponse> notices = Flux.merge(1, drain, progress()).takeUntilOther(answered.asMono());
        return Flux.merge(1, answers, notices);
    }

    private static int weight(AppendExamplesRequest request) {
        return request.getSerializedSize()
                + BYTES_PER_EXAMPLE * request.getAppend().getExamplesCount();
    }

    private Flux<AppendExamplesResponse> progress() {
        Mono<AppendExamplesResponse> now = Mono.zip(
                streams.now(stream),
                grant(),
                (state, grant) -> AppendExamplesResponse.newBuilder()
                        .setProgress(Progress.newBuilder().setStream(state).setGrant(grant))
                        .build());
        Mono<AppendExamplesResponse> pause = Mono.delay(PROGRESS_PERIOD).then(Mono.empty());
        return training.commits(adapter).onBackpressureLatest().concatMap(commit -> now.concatWith(pause), 0);
    }

    private Publisher<AppendExamplesResponse> answer(Step step) {
        if (step instanceof Step.Store store) {
            return store.appends().size() == 1 ? store(store.appends().get(0)) : store(store);
        }
        return step instanceof Step.Refuse refused
                ? Mono.just(error(refused.offset(), refused.status(), refused.rows()))
                : Mono.error(ApiErrors.invalid(
                        "message",
                        "only append may follow open; a call keeps its stream: open another call for another one"));
    }

    /** All at once; if that can't be, one by one, so that each gets the answer that is its own. */
    private Flux<AppendExamplesResponse> store(Step.Store store) {
        return submit(store.offset(), store.examples()).flatMapMany(outcome -> {
            if (outcome instanceof AppendOutcome.Appended appended) {
                return appended(store.appends(), appended.room());
            }
            return outcome instanceof AppendOutcome.Duplicate duplicate
                    ? appended(store.appends(), duplicate.room())
                    : Flux.fromIterable(store.appends()).concatMap(this::store, 1);
        });
    }

    private Flux<AppendExamplesResponse> store(Step.Append append) {
        return submit(append.offset(), append.examples())
                .repeatWhen(tried -> tried.delayElements(RETRY_AFTER))
                .takeUntil(outcome -> !(outcome instanceof AppendOutcome.AtBound))
                .distinctUntilChanged(Object::getClass)
                .concatMap(outcome -> response(append, outcome), 1);
    }

    private Mono<AppendOutcome> submit(long offset, List<EncodedExample> examples) {
        return producer.submit(() -> log.appendEncoded(stream, offset, examples).toFuture())
                .retryWhen(
                        Retry.fixedDelay(Long.MAX_VALUE, BUSY_PAUSE).filter(StorageException.Busy.class::isInstance));
    }

    private Publisher<AppendExamplesResponse> response(Step.Append append, AppendOutcome outcome) {
        if (outcome instanceof AppendOutcome.Appended appended) {
            return appended(List.of(append), appended.room());
        }
        if (outcome instanceof AppendOutcome.Duplicate duplicate) {
            return appended(List.of(append), duplicate.room());
        }
        if (outcome instanceof AppendOutcome.AtBound full) {
            return Mono.just(throttle(AppendRefusals.reason(full)));
        }
        if (outcome instanceof AppendOutcome.UnknownAdapter) {
            return Mono.error(ApiErrors.noSuchAdapter(adapter));
        }
        Status status = AppendRefusals.of(outcome, append.offset());
        return outcome instanceof AppendOutcome.Conflict
                ? Mono.just(error(append.offset(), status, List.of()))
                : streams.now(stream).map(now -> error(now.getDurableThrough(), status, List.of()));
    }

    private Flux<AppendExamplesResponse> appended(List<Step.Append> appends, long room) {
        Grant grant = grants.within(room);
        return Flux.fromIterable(appends)
                .map(append -> AppendExamplesResponse.newBuilder()
                        .setAppended(Appended.newBuilder()
                                .setFirstOffset(append.offset())
                                .setCount(append.examples().size())
                                .setGrant(grant))
                        .build());
    }

    private Mono<Grant> grant() {
        return Mono.fromCallable(() -> grants.within(log.room(adapter))).subscribeOn(blocking);
    }

    private static AppendExamplesResponse error(long expectedOffset, Status status, List<RowError> rows) {
        return AppendExamplesResponse.newBuilder()
                .setError(AppendError.newBuilder()
                        .setOffset(expectedOffset)
                        .setStatus(status)
                        .addAllRowErrors(rows))
                .build();
    }

    private static AppendExamplesResponse throttle(String reason) {
        return AppendExamplesResponse.newBuilder()
                .setThrottle(Throttle.newBuilder()
                        .setRetryAfter(com.google.protobuf.Duration.newBuilder().setNanos(RETRY_AFTER.getNano()))
                        .setReason(reason))
                .build();
    }
}
