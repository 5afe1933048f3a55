package io.millrace.trainer;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the reference fixtures lie: a copy is in the test resources. Tests named {@code *ReferenceTest} take theirs from the
 * folder that the system property {@code millrace.reference} names, if it names one; all others, which may know the sizes
 * of the copy, from the copy.
 */
public final class Reference {
    private static final String PROPERTY = "millrace.reference";

    private Reference() {}

    /**
     * A model that {@code make_reference.py} writes.
     *
     * @throws IllegalStateException if the property names a folder without that model: taking the copy would let a mistyped
     *     folder pass
     */
    public static Path model(String name) {
        Path model = folder().resolve(name);
        if (!Files.exists(model.resolve("reference.json"))) {
            throw new IllegalStateException("-D%s: %s has no %s/reference.json; make_reference.py writes it"
                    .formatted(PROPERTY, folder(), name));
        }
        return model;
    }

    /** What other scripts write, which make_reference.py's folders mostly lack: then it is the copy's. */
    public static Path other(String name) {
        Path other = folder().resolve(name);
        return Files.exists(other) ? other : copy().resolve(name);
    }

    /** The copy in the test resources. */
    public static Path copy() {
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

    private static Path folder() {
        String property = System.getProperty(PROPERTY, "");
        if (property.isBlank()) {
            return copy();
        }
        Path folder = Path.of(property).toAbsolutePath();
        if (!Files.isDirectory(folder)) {
            throw new IllegalStateException("-D%s: %s is no folder".formatted(PROPERTY, folder));
        }
        return folder;
    }
}
