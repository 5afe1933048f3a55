package io.millrace.client.grpc;

import com.google.protobuf.Int64Value;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** A service that counts to the asked number, and one that echoes as many as it reads. */
final class Numbers {
    static final MethodDescriptor<Int64Value, Int64Value> COUNT =
            method("Count", MethodDescriptor.MethodType.SERVER_STREAMING);
    static final MethodDescriptor<Int64Value, Int64Value> ECHO =
            method("Echo", MethodDescriptor.MethodType.BIDI_STREAMING);

    final CountDownLatch cancelled = new CountDownLatch(1);
    final CountDownLatch readAll = new CountDownLatch(1);
    volatile int reading = Integer.MAX_VALUE;

    static Int64Value number(long value) {
        return Int64Value.of(value);
    }

    private static MethodDescriptor<Int64Value, Int64Value> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<Int64Value, Int64Value>newBuilder()
                .setType(type)
                .setFullMethodName("Numbers/" + name)
                .setRequestMarshaller(ProtoUtils.marshaller(Int64Value.getDefaultInstance()))
                .setResponseMarshaller(ProtoUtils.marshaller(Int64Value.getDefaultInstance()))
                .build();
    }

    ServerServiceDefinition service() {
        return ServerServiceDefinition.builder("Numbers")
                .addMethod(COUNT, ServerCalls.asyncServerStreamingCall(this::count))
                .addMethod(ECHO, ServerCalls.asyncBidiStreamingCall(this::echo))
                .build();
    }

    /** Writes only while the client reads; a negative number fails. */
    private void count(Int64Value to, StreamObserver<Int64Value> out) {
        if (to.getValue() < 0) {
            out.onError(io.grpc.Status.INVALID_ARGUMENT.asRuntimeException());
            return;
        }
        ServerCallStreamObserver<Int64Value> call = (ServerCallStreamObserver<Int64Value>) out;
        AtomicLong next = new AtomicLong();
        AtomicLong done = new AtomicLong();
        call.setOnCancelHandler(cancelled::countDown);
        call.setOnReadyHandler(() -> {
            while (call.isReady() && next.get() < to.getValue()) {
                call.onNext(number(next.getAndIncrement()));
            }
            if (next.get() == to.getValue() && done.getAndIncrement() == 0) {
                call.onCompleted();
            }
        });
    }

    private StreamObserver<Int64Value> echo(StreamObserver<Int64Value> out) {
        ServerCallStreamObserver<Int64Value> call = (ServerCallStreamObserver<Int64Value>) out;
        call.setOnCancelHandler(cancelled::countDown);
        call.disableAutoRequest();
        call.request(reading);
        AtomicLong received = new AtomicLong();
        return new StreamObserver<>() {
            @Override
            public void onNext(Int64Value value) {
                call.onNext(value);
                if (received.incrementAndGet() == reading) {
                    readAll.countDown();
                }
            }

            @Override
            public void onError(Throwable failure) {
                cancelled.countDown();
            }

            @Override
            public void onCompleted() {
                call.onCompleted();
            }
        };
    }
}
