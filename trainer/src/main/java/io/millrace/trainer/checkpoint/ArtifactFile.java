package io.millrace.trainer.checkpoint;

/** A file of a commit or a revision, such as {@code adapter_model.safetensors}. */
public record ArtifactFile(String name, Artifact content) {
    public ArtifactFile {
        if (name.isEmpty() || name.contains("/") || name.contains("\\") || name.startsWith(".")) {
            throw new IllegalArgumentException(
                    "name is \"%s\"; expected a plain file name, without folders or a leading dot".formatted(name));
        }
    }
}
