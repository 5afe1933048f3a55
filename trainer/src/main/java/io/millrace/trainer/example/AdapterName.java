package io.millrace.trainer.example;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code tenants/{tenant}/adapters/{adapter}}; ids are 1 to 63 of {@code a-z 0-9 - _}, starting with a letter or digit. */
public record AdapterName(String tenant, String adapter) {
    static final String ID = "[a-z0-9][a-z0-9_-]{0,62}";
    private static final Pattern NAME = Pattern.compile("tenants/(" + ID + ")/adapters/(" + ID + ")");
    private static final Pattern ID_PATTERN = Pattern.compile(ID);

    public AdapterName {
        requireId("tenant", tenant);
        requireId("adapter", adapter);
    }

    /** @throws IllegalArgumentException if the text is not such a name */
    public static AdapterName parse(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "adapter is \"%s\"; expected tenants/{tenant}/adapters/{adapter} with ids of a-z, 0-9, - and _"
                            .formatted(name));
        }
        return new AdapterName(matcher.group(1), matcher.group(2));
    }

    static void requireId(String field, String id) {
        if (!ID_PATTERN.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    "%s is \"%s\"; expected 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit"
                            .formatted(field, id));
        }
    }

    @Override
    public String toString() {
        return "tenants/" + tenant + "/adapters/" + adapter;
    }
}
