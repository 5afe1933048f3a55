package io.millrace.trainer.checkpoint;

import java.util.regex.Pattern;

/**
 * A file's content, whatever its name.
 *
 * @param sha256 of the content, 64 lower-case hexadecimal digits
 * @param size in bytes
 */
public record Artifact(String sha256, long size) {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    public Artifact {
        requireDigest(sha256);
        if (size < 0) {
            throw new IllegalArgumentException("size is %d; it must be 0 or more".formatted(size));
        }
    }

    static void requireDigest(String sha256) {
        if (!isDigest(sha256)) {
            throw new IllegalArgumentException(
                    "sha256 is \"%s\"; expected 64 lower-case hexadecimal digits".formatted(sha256));
        }
    }

    static boolean isDigest(String text) {
        return SHA256.matcher(text).matches();
    }

    public ArtifactFile named(String name) {
        return new ArtifactFile(name, this);
    }
}
