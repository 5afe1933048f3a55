package io.millrace.client;

import com.google.protobuf.Duration;
import com.google.rpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.v1.AppendExamplesRequest;
import io.millrace.v1.AppendExamplesRequest.Append;
import io.millrace.v1.AppendExamplesResponse;
import io.millrace.v1.AppendExamplesResponse.AppendError;
import io.millrace.v1.AppendExamplesResponse.Appended;
import io.millrace.v1.AppendExamplesResponse.Drain;
import io.millrace.v1.AppendExamplesResponse.Opened;
import io.millrace.v1.AppendExamplesResponse.Throttle;
import io.millrace.v1.Example;
import io.millrace.v1.GetStreamRequest;
import io.millrace.v1.Grant;
import io.millrace.v1.IngestServiceGrpc;
import io.millrace.v1.RowError;
import io.millrace.v1.Stream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;

/** Keeps streams as the contract says, and misbehaves as a test says. What it keeps survives the server. */
public final class FakeIngest extends IngestServiceGrpc.IngestServiceImplBase {
    /** What the service does with an append instead of taking it; false: take it. */
    public interface Behaviour {
        boolean answer(Append append, Connection connection);
    }

    public final Map<String, List<Example>> streams = new ConcurrentHashMap<>();
    public final List<Append> appends = new CopyOnWriteArrayList<>();
    public final List<AppendExamplesRequest.Open> opens = new CopyOnWriteArrayList<>();
    public final Queue<Behaviour> next = new ConcurrentLinkedQueue<>();
    public final CountDownLatch cancelled = new CountDownLatch(1);
    public final CountDownLatch halfClosed = new CountDownLatch(1);
    public volatile Predicate<Example> refuse = example -> false;
    public volatile Runnable onStatus = () -> {};
    public volatile long settled = Long.MAX_VALUE;
    public volatile Grant grant =
            Grant.newBuilder().setExamples(1000).setBytes(1 << 22).build();

    public List<String> texts(String stream) {
        return streams.getOrDefault(stream, List.of()).stream()
                .map(example -> example.getText().getText())
                .toList();
    }

    @Override
    public void getStream(GetStreamRequest request, StreamObserver<Stream> responses) {
        responses.onNext(status(request.getName()));
        responses.onCompleted();
        onStatus.run();
    }

    private Stream status(String name) {
        long durable = streams.getOrDefault(name, List.of()).size();
        long through = Math.min(durable, settled);
        return Stream.newBuilder()
                .setName(name)
                .setDurableThrough(durable)
                .setTrainedThrough(through)
                .setTrained(through - through / 20)
                .setHeldOut(through / 20)
                .setRevision(through / 100)
                .build();
    }

    @Override
    public StreamObserver<AppendExamplesRequest> appendExamples(StreamObserver<AppendExamplesResponse> responses) {
        ((ServerCallStreamObserver<AppendExamplesResponse>) responses).setOnCancelHandler(cancelled::countDown);
        return new Connection(responses);
    }

    /** One call. */
    public final class Connection implements StreamObserver<AppendExamplesRequest> {
        private final StreamObserver<AppendExamplesResponse> responses;
        private String stream = "";
        private boolean silent;

        Connection(StreamObserver<AppendExamplesResponse> responses) {
            this.responses = responses;
        }

        @Override
        public void onNext(AppendExamplesRequest request) {
            if (request.hasOpen()) {
                opens.add(request.getOpen());
                stream = request.getOpen().getStream();
                responses.onNext(AppendExamplesResponse.newBuilder()
                        .setOpened(Opened.newBuilder()
                                .setNextOffset(stored().size())
                                .setGrant(grant)
                                .setStream(status(stream)))
                        .build());
                return;
            }
            if (silent) {
                return;
            }
            appends.add(request.getAppend());
            Behaviour behaviour = next.poll();
            if (behaviour == null || !behaviour.answer(request.getAppend(), this)) {
                take(request.getAppend());
            }
        }

        /** What a sound server does. */
        public void take(Append append) {
            AppendError.Builder error = AppendError.newBuilder().setOffset(stored().size());
            if (append.getOffset() > stored().size()) {
                refuse(error.setStatus(Status.newBuilder().setCode(11)));
                return;
            }
            for (int i = 0; i < append.getExamplesCount(); i++) {
                if (refuse.test(append.getExamples(i))) {
                    error.addRowErrors(RowError.newBuilder()
                            .setIndex(i)
                            .setField("content.text")
                            .setReason("is too long"));
                }
            }
            if (error.getRowErrorsCount() > 0) {
                refuse(error.setOffset(append.getOffset())
                        .setStatus(Status.newBuilder().setCode(3)));
                return;
            }
            for (int i = 0; i < append.getExamplesCount(); i++) {
                int offset = (int) append.getOffset() + i;
                if (offset == stored().size()) {
                    stored().add(append.getExamples(i));
                } else if (!stored().get(offset).equals(append.getExamples(i))) {
                    refuse(error.setStatus(
                            Status.newBuilder().setCode(6).setMessage("another example is at " + offset)));
                    return;
                }
            }
            acknowledge(append);
        }

        /** Stores an append, and says nothing from then on. */
        public void storeAndFallSilent(Append append) {
            silent = true;
            take(append);
        }

        public void acknowledge(Append append) {
            say(AppendExamplesResponse.newBuilder()
                    .setAppended(Appended.newBuilder()
                            .setFirstOffset(append.getOffset())
                            .setCount(append.getExamplesCount())
                            .setGrant(grant))
                    .build());
        }

        public void refuse(AppendError.Builder error) {
            say(AppendExamplesResponse.newBuilder().setError(error).build());
        }

        public void throttle(long seconds) {
            responses.onNext(AppendExamplesResponse.newBuilder()
                    .setThrottle(Throttle.newBuilder()
                            .setRetryAfter(Duration.newBuilder().setSeconds(seconds))
                            .setReason("log full"))
                    .build());
        }

        public void drain() {
            responses.onNext(AppendExamplesResponse.newBuilder()
                    .setDrain(Drain.getDefaultInstance())
                    .build());
            silent = true;
            responses.onCompleted();
        }

        public void fail(io.grpc.Status status) {
            silent = true;
            responses.onError(status.asRuntimeException());
        }

        private void say(AppendExamplesResponse response) {
            if (!silent) {
                responses.onNext(response);
            }
        }

        private List<Example> stored() {
            return streams.computeIfAbsent(stream, name -> new ArrayList<>());
        }

        @Override
        public void onError(Throwable failure) {
            cancelled.countDown();
        }

        @Override
        public void onCompleted() {
            halfClosed.countDown();
            if (!silent) {
                responses.onCompleted();
            }
        }
    }
}
