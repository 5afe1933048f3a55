package io.millrace.server.grpc;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Failures as clients see them: a code, a message for people, and an {@link ErrorInfo} for programs. */
public final class Failures {
    /** The domain of every {@link ErrorInfo} of this server. */
    public static final String DOMAIN = "millrace";

    private static final Logger log = LoggerFactory.getLogger(Failures.class);

    private Failures() {}

    /** @param reason in UPPER_SNAKE_CASE; stays the same when the message is reworded */
    public static Status status(Code code, String reason, String message, Map<String, String> metadata) {
        ErrorInfo info = ErrorInfo.newBuilder()
                .setDomain(DOMAIN)
                .setReason(reason)
                .putAllMetadata(metadata)
                .build();
        return Status.newBuilder()
                .setCode(code.value())
                .setMessage(message)
                .addDetails(Any.pack(info))
                .build();
    }

    public static StatusRuntimeException failure(Status status) {
        return StatusProto.toStatusRuntimeException(status);
    }

    public static StatusRuntimeException failure(Code code, String reason, String message) {
        return failure(status(code, reason, message, Map.of()));
    }

    /** Status failures as they are; any other failure is a fault of this server: it is logged and told as INTERNAL. */
    static Throwable asStatus(Throwable failure) {
        if (failure instanceof StatusRuntimeException || failure instanceof StatusException) {
            return failure;
        }
        log.error("A call failed", failure);
        return failure(Code.INTERNAL, "INTERNAL", "internal error; the server's log says more");
    }
}
