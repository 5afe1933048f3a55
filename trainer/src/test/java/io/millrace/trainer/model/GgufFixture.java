package io.millrace.trainer.model;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/** The files that {@code make_gguf.py} wrote. */
final class GgufFixture {
    private GgufFixture() {}

    static Path path(String name) {
        try {
            return Path.of(Objects.requireNonNull(GgufFixture.class.getResource("/gguf/" + name), name)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
