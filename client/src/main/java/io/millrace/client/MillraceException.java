package io.millrace.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a server refused, or why it could not be reached or trusted. */
public final class MillraceException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Code code;
    private final String reason;

    @SuppressWarnings("serial") // an immutable map of strings, which is serializable
    private final Map<String, String> metadata;

    private MillraceException(
            Code code, String message, String reason, Map<String, String> metadata, @Nullable Throwable cause) {
        super(code + ": " + message, cause);
        this.code = code;
        this.reason = reason;
        this.metadata = metadata;
    }

    static MillraceException of(Code code, String message) {
        return of(code, "", message);
    }

    static MillraceException of(Code code, String reason, String message) {
        return new MillraceException(code, message, reason, Map.of(), null);
    }

    /** A failed call, with the {@code google.rpc.ErrorInfo} that the server gave. Any other failure is UNKNOWN. */
    static MillraceException of(Throwable failure) {
        if (failure instanceof MillraceException already) {
            return already;
        }
        if (failure instanceof StatusRuntimeException call) {
            Status status = StatusProto.fromThrowable(call);
            return status == null || status.getDetailsCount() == 0
                    ? new MillraceException(call.getStatus().getCode(), describe(call.getStatus()), "", Map.of(), call)
                    : of(status, call);
        }
        return new MillraceException(Code.UNKNOWN, String.valueOf(failure.getMessage()), "", Map.of(), failure);
    }

    static MillraceException of(Status status, @Nullable Throwable cause) {
        Code code = io.grpc.Status.fromCodeValue(status.getCode()).getCode();
        ErrorInfo info = errorInfo(status).orElse(ErrorInfo.getDefaultInstance());
        return new MillraceException(
                code, status.getMessage(), info.getReason(), Map.copyOf(info.getMetadataMap()), cause);
    }

    private static Optional<ErrorInfo> errorInfo(Status status) {
        return status.getDetailsList().stream()
                .filter(detail -> detail.is(ErrorInfo.class))
                .findFirst()
                .map(detail -> {
                    try {
                        return detail.unpack(ErrorInfo.class);
                    } catch (InvalidProtocolBufferException e) {
                        return ErrorInfo.newBuilder()
                                .setReason("UNREADABLE_ERROR_INFO")
                                .build();
                    }
                });
    }

    private static String describe(io.grpc.Status status) {
        String description = status.getDescription();
        Throwable cause = status.getCause();
        String text = description == null ? "no description" : description;
        return cause == null || cause.getMessage() == null ? text : text + " (" + cause.getMessage() + ")";
    }

    /** gRPC's code. */
    public Code code() {
        return code;
    }

    /** The server's {@code ErrorInfo.reason}, such as {@code OFFSET_CONFLICT}; empty if it gave none. */
    public String reason() {
        return reason;
    }

    /** The server's {@code ErrorInfo.metadata}; empty if it gave none. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /**
     * Whether the connection broke, or the server is away for a while, rather than refused the call. CANCELLED counts: a
     * server that is killed resets its calls so, and a call cancelled on this side has no one to tell.
     */
    boolean isInterruption() {
        return code == Code.UNAVAILABLE || code == Code.CANCELLED;
    }
}
