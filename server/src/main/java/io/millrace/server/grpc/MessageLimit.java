package io.millrace.server.grpc;

import com.google.protobuf.MessageLite;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * Refuses requests above a size as RESOURCE_EXHAUSTED. The transport has one limit for all methods; this one is for all but
 * the method that takes uploads.
 */
public final class MessageLimit implements ServerInterceptor {
    private final int bytes;
    private final MethodDescriptor<?, ?> exempt;

    public MessageLimit(int bytes, MethodDescriptor<?, ?> exempt) {
        this.bytes = bytes;
        this.exempt = exempt;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        ServerCall.Listener<Q> listener = next.startCall(call, headers);
        String method = call.getMethodDescriptor().getFullMethodName();
        return method.equals(exempt.getFullMethodName()) ? listener : new Limited<>(call, listener);
    }

    private final class Limited<Q> extends SimpleForwardingServerCallListener<Q> {
        private final ServerCall<Q, ?> call;
        private boolean refused;

        Limited(ServerCall<Q, ?> call, ServerCall.Listener<Q> listener) {
            super(listener);
            this.call = call;
        }

        @Override
        public void onMessage(Q message) {
            int size = ((MessageLite) message).getSerializedSize();
            if (refused) {
                return;
            }
            if (size <= bytes) {
                super.onMessage(message);
                return;
            }
            refused = true;
            super.onCancel();
            call.close(
                    Status.RESOURCE_EXHAUSTED.withDescription(
                            "the request has %d bytes; at most %d are taken: send less at a time"
                                    .formatted(size, bytes)),
                    new Metadata());
        }

        @Override
        public void onHalfClose() {
            if (!refused) {
                super.onHalfClose();
            }
        }
    }
}
