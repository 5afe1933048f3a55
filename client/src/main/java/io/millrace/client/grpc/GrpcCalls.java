package io.millrace.client.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink.OverflowStrategy;
import reactor.core.publisher.Mono;

/**
 * gRPC calls as reactive streams. A call starts when its publisher is subscribed to; one response is read for each that
 * the subscriber asked for, so nothing is buffered here; cancelling the subscription cancels the call. A call that fails
 * ends with gRPC's {@link io.grpc.StatusRuntimeException}.
 */
public final class GrpcCalls {
    private static final long UNARY_DEADLINE_SECONDS = 60;

    private final Channel channel;

    public GrpcCalls(Channel channel) {
        this.channel = channel;
    }

    /** One request, one response, within a minute. */
    public <Q, R> Mono<R> unary(MethodDescriptor<Q, R> method, Q request) {
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(UNARY_DEADLINE_SECONDS, TimeUnit.SECONDS);
        return Mono.defer(() -> responses(method, options, request).single());
    }

    /** One request, many responses. */
    public <Q, R> Flux<R> serverStream(MethodDescriptor<Q, R> method, Q request) {
        return responses(method, CallOptions.DEFAULT, request);
    }

    /**
     * Many requests, many responses. A request is asked for when the transport is ready to take it; when the requests
     * complete the call is half-closed; when they fail it is cancelled.
     */
    public <Q, R> Flux<R> bidirectional(MethodDescriptor<Q, R> method, Publisher<? extends Q> requests) {
        return Flux.create(
                sink -> {
                    ResponsePublisher<Q, R> responses = new ResponsePublisher<>(sink);
                    ClientCalls.asyncBidiStreamingCall(channel.newCall(method, CallOptions.DEFAULT), responses);
                    responses.started();
                    requests.subscribe(responses.requests());
                },
                OverflowStrategy.ERROR);
    }

    private <Q, R> Flux<R> responses(MethodDescriptor<Q, R> method, CallOptions options, Q request) {
        return Flux.create(
                sink -> {
                    ResponsePublisher<Q, R> responses = new ResponsePublisher<>(sink);
                    ClientCalls.asyncServerStreamingCall(channel.newCall(method, options), request, responses);
                    responses.started();
                },
                OverflowStrategy.ERROR);
    }
}
