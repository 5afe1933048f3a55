package io.millrace.server.ingest;

import io.grpc.stub.StreamObserver;
import io.millrace.server.api.ApiErrors;
import io.millrace.server.api.ResourceNames;
import io.millrace.server.grpc.Drain;
import io.millrace.server.grpc.Failures;
import io.millrace.server.grpc.ReactiveCalls;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.AppendOutcome;
import io.millrace.trainer.log.ExampleLog;
import io.millrace.trainer.log.StorageException;
import io.millrace.v1.AppendBatchRequest;
import io.millrace.v1.AppendBatchResponse;
import io.millrace.v1.AppendExamplesRequest;
import io.millrace.v1.AppendExamplesRequest.Open;
import io.millrace.v1.AppendExamplesResponse;
import io.millrace.v1.GetStreamRequest;
import io.millrace.v1.IngestServiceGrpc;
import io.millrace.v1.Stream;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Takes examples into the log. The API's comments are its contract. */
public final class IngestService extends IngestServiceGrpc.IngestServiceImplBase {
    private final ExampleLog log;
    private final Training training;
    private final Scheduler blocking;
    private final Drain drain;
    private final Duration drainTime;
    private final Producers producers = new Producers();
    private final ExampleRows rows;
    private final StreamView streams;

    /**
     * @param blocking where the log is read and examples are tokenised
     * @param drainTime how long after the drain began appends are still taken, since they may be under way
     */
    public IngestService(ExampleLog log, Training training, Scheduler blocking, Drain drain, Duration drainTime) {
        this.log = log;
        this.training = training;
        this.blocking = blocking;
        this.drain = drain;
        this.drainTime = drainTime;
        this.rows = new ExampleRows(training);
        this.streams = new StreamView(log, training, blocking);
    }

    @Override
    public StreamObserver<AppendExamplesRequest> appendExamples(StreamObserver<AppendExamplesResponse> observer) {
        return ReactiveCalls.converse(
                observer,
                requests -> requests.switchOnFirst((first, all) -> {
                    AppendExamplesRequest request = first.get();
                    return request != null && request.hasOpen()
                            ? open(request.getOpen(), all.skip(1))
                            : Flux.error(ApiErrors.invalid("message", "the first message has to be open"));
                }));
    }

    private Flux<AppendExamplesResponse> open(Open open, Flux<AppendExamplesRequest> requests) {
        StreamName stream = ResourceNames.stream("open.stream", open.getStream());
        Grants grants = Grants.of(open);
        Flux<AppendExamplesRequest> untilDrained =
                requests.takeUntilOther(drain.begun().then(Mono.delay(drainTime)));
        return Flux.using(
                () -> producers.claim(stream),
                producer -> new AppendCall(log, training, blocking, producers::mostWaiting, producer, grants)
                        .answer(untilDrained, drain.begun()),
                producers::release);
    }

    @Override
    public void appendBatch(AppendBatchRequest request, StreamObserver<AppendBatchResponse> observer) {
        ReactiveCalls.respond(observer, Mono.defer(() -> append(request)));
    }

    private Mono<AppendBatchResponse> append(AppendBatchRequest request) {
        StreamName stream = ResourceNames.stream("stream", request.getStream());
        return Mono.fromCallable(() -> rows.check(stream.adapter(), request.getExamplesList()))
                .subscribeOn(blocking)
                .flatMap(checked -> checked instanceof ExampleRows.Checked.Accepted accepted
                        ? log.appendEncoded(stream, request.getOffset(), accepted.examples())
                        : Mono.error(Failures.failure(AppendRefusals.withRows((ExampleRows.Checked.Refused) checked))))
                .flatMap(outcome -> batchResponse(stream, request.getOffset(), outcome))
                .onErrorMap(StorageException.class, ApiErrors::unavailable);
    }

    private static Mono<AppendBatchResponse> batchResponse(StreamName stream, long offset, AppendOutcome outcome) {
        if (outcome instanceof AppendOutcome.Appended appended) {
            return stored(appended.firstOffset(), appended.count(), appended.nextOffset());
        }
        if (outcome instanceof AppendOutcome.Duplicate duplicate) {
            return stored(duplicate.firstOffset(), duplicate.count(), duplicate.nextOffset());
        }
        if (outcome instanceof AppendOutcome.UnknownAdapter) {
            return Mono.error(ApiErrors.noSuchAdapter(stream.adapter()));
        }
        return Mono.error(Failures.failure(AppendRefusals.of(outcome, offset)));
    }

    private static Mono<AppendBatchResponse> stored(long firstOffset, int count, long nextOffset) {
        return Mono.just(AppendBatchResponse.newBuilder()
                .setFirstOffset(firstOffset)
                .setCount(count)
                .setNextOffset(nextOffset)
                .build());
    }

    @Override
    public void getStream(GetStreamRequest request, StreamObserver<Stream> observer) {
        ReactiveCalls.respond(
                observer,
                Mono.defer(() -> streams.now(ResourceNames.stream("name", request.getName())))
                        .onErrorMap(StorageException.class, ApiErrors::unavailable));
    }
}
