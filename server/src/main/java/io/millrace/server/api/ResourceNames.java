package io.millrace.server.api;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.StreamName;
import java.util.function.Function;

/** Names as requests carry them. What doesn't match the pattern is refused, so that no name reaches a path or a query. */
public final class ResourceNames {
    private ResourceNames() {}

    /** @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT, naming the field */
    public static AdapterName adapter(String field, String name) {
        return parse(field, name, AdapterName::parse);
    }

    /** @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT, naming the field */
    public static StreamName stream(String field, String name) {
        return parse(field, name, StreamName::parse);
    }

    private static <T> T parse(String field, String name, Function<String, T> parser) {
        try {
            return parser.apply(name);
        } catch (IllegalArgumentException refused) {
            throw ApiErrors.invalid(field, String.valueOf(refused.getMessage()));
        }
    }
}
