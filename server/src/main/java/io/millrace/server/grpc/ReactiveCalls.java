package io.millrace.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * Answers gRPC calls with publishers. Call it from the generated service method, on the thread that gRPC calls it on. Failures reach
 * the client as {@link Failures#asStatus} says.
 */
public final class ReactiveCalls {
    private ReactiveCalls() {}

    /** Answers a unary or server-streaming call. A client that reads slowly slows the publisher, one that cancels cancels it. */
    public static <T> void respond(StreamObserver<T> observer, Publisher<T> responses) {
        responses.subscribe(new Responses<>((ServerCallStreamObserver<T>) observer));
    }

    /**
     * Answers a bidirectional call.
     *
     * @param handler is given the requests, which are pulled from the client as they are wanted, for one subscriber
     * @return what the generated service method has to return
     */
    public static <Q, R> StreamObserver<Q> converse(
            StreamObserver<R> observer, Function<Flux<Q>, Publisher<R>> handler) {
        ServerCallStreamObserver<R> call = (ServerCallStreamObserver<R>) observer;
        call.disableAutoRequest();
        Requests<Q> requests = new Requests<>(call);
        handler.apply(requests.flux()).subscribe(new Responses<>(call));
        return requests;
    }
}
