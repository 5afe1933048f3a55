package io.millrace.trainer;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** Where the reference fixtures lie: the folder that the system property {@code millrace.reference} names, else the copy in the test resources. */
public final class Reference {
    private Reference() {}

    public static Path folder() {
        String property = System.getProperty("millrace.reference");
        if (property != null && !property.isBlank()) {
            return Path.of(property);
        }
        URL copy = Reference.class.getResource("/reference");
        if (copy == null) {
            throw new IllegalStateException("no reference fixtures in the test resources");
        }
        try {
            return Path.of(copy.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
