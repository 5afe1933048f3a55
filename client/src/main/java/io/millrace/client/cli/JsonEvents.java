package io.millrace.client.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What a command tells a script: JSON objects, one a line, each with a field {@code event}; the last is {@code finished} or
 * {@code failed}. What is unknown is null.
 */
public final class JsonEvents {
    private static final JsonMapper JSON = new JsonMapper();

    private final @Nullable PrintWriter out;

    private JsonEvents(@Nullable PrintWriter out) {
        this.out = out;
    }

    public static JsonEvents to(PrintWriter out) {
        return new JsonEvents(out);
    }

    /** Says nothing: no script is listening. */
    public static JsonEvents silent() {
        return new JsonEvents(null);
    }

    /** Begins an event, which is written by {@link Event#emit}. */
    public Event event(String name) {
        return new Event(name);
    }

    /** An event being put together; its fields keep their order. */
    public final class Event {
        private final Map<String, @Nullable Object> fields = new LinkedHashMap<>();

        private Event(String name) {
            fields.put("event", name);
        }

        /** Adds a JSON value; NaN and infinities become null. */
        public Event with(String field, @Nullable Object value) {
            boolean unknown = value instanceof Double number && !Double.isFinite(number);
            fields.put(field, unknown ? null : value);
            return this;
        }

        public Event with(String field, OptionalDouble value) {
            return with(field, value.isPresent() ? (Object) value.getAsDouble() : null);
        }

        /** Writes it at once, also through a pipe. */
        public void emit() {
            if (out == null) {
                return;
            }
            try {
                String line = JSON.writeValueAsString(fields);
                synchronized (JsonEvents.this) {
                    out.println(line);
                    out.flush();
                }
            } catch (JsonProcessingException e) {
                throw new IllegalArgumentException(
                        "the event %s has a field that is no JSON value".formatted(fields), e);
            }
        }
    }
}
