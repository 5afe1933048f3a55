package io.millrace.server.grpc;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.v1.AppendExamplesRequest;
import io.millrace.v1.AppendExamplesResponse;
import io.millrace.v1.IngestServiceGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/** A real in-process server whose bidirectional calls are handed to the test. */
final class Conversation<C> implements AutoCloseable {
    private final BlockingQueue<C> calls = new LinkedBlockingQueue<>();
    private final Server server;
    private final ManagedChannel channel;

    /** Takes a call: keeps something of it in the queue and returns the observer of its requests. */
    interface Answer<C>
            extends BiFunction<
                    BlockingQueue<C>, StreamObserver<AppendExamplesResponse>, StreamObserver<AppendExamplesRequest>> {}

    Conversation(Answer<C> answer) {
        String name = InProcessServerBuilder.generateName();
        IngestServiceGrpc.IngestServiceImplBase service = new IngestServiceGrpc.IngestServiceImplBase() {
            @Override
            public StreamObserver<AppendExamplesRequest> appendExamples(
                    StreamObserver<AppendExamplesResponse> responses) {
                return answer.apply(calls, responses);
            }
        };
        try {
            server = InProcessServerBuilder.forName(name)
                    .addService(service)
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        channel = InProcessChannelBuilder.forName(name).build();
    }

    IngestServiceGrpc.IngestServiceStub stub() {
        return IngestServiceGrpc.newStub(channel);
    }

    /** What the server kept of the oldest call not yet taken. */
    C take() {
        try {
            C call = calls.poll(10, TimeUnit.SECONDS);
            if (call == null) {
                throw new IllegalStateException("no call reached the server");
            }
            return call;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }
}
