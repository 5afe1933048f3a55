package io.millrace.trainer.example;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code tenants/{tenant}/adapters/{adapter}/streams/{stream}}: one producer's ordered examples for an adapter. */
public record StreamName(AdapterName adapter, String stream) {
    private static final Pattern NAME = Pattern.compile("(tenants/[^/]+/adapters/[^/]+)/streams/([^/]+)");

    public StreamName {
        AdapterName.requireId("stream", stream);
    }

    /** @throws IllegalArgumentException if the text is not such a name */
    public static StreamName parse(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "stream is \"%s\"; expected tenants/{tenant}/adapters/{adapter}/streams/{stream}".formatted(name));
        }
        return new StreamName(AdapterName.parse(matcher.group(1)), matcher.group(2));
    }

    @Override
    public String toString() {
        return adapter + "/streams/" + stream;
    }
}
