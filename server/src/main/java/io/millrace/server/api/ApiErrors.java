package io.millrace.server.api;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.millrace.server.grpc.Failures;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.StorageException;
import java.util.Map;

/** Failures that several services tell in the same words. */
public final class ApiErrors {
    private ApiErrors() {}

    /** @param field of the request, such as {@code adapter.name} */
    public static StatusRuntimeException invalid(String field, String message) {
        return Failures.failure(
                Failures.status(Code.INVALID_ARGUMENT, "INVALID_ARGUMENT", message, Map.of("field", field)));
    }

    public static StatusRuntimeException noSuchAdapter(AdapterName name) {
        return notFound("NO_SUCH_ADAPTER", name + " does not exist; create it first");
    }

    public static StatusRuntimeException notFound(String reason, String message) {
        return Failures.failure(Code.NOT_FOUND, reason, message);
    }

    /** What storage can't do now, the client may try again later: here, or where the server is started next. */
    public static StatusRuntimeException unavailable(StorageException cause) {
        String reason;
        if (cause instanceof StorageException.Full) {
            reason = "DISK_FULL";
        } else if (cause instanceof StorageException.Busy) {
            reason = "BUSY";
        } else if (cause instanceof StorageException.Closed) {
            reason = "SHUTTING_DOWN";
        } else {
            reason = "STORAGE_FAILED";
        }
        return Failures.failure(Code.UNAVAILABLE, reason, String.valueOf(cause.getMessage()));
    }
}
