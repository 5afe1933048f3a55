package io.millrace.client;

/**
 * A file of a published revision.
 *
 * @param name its name in the PEFT folder, such as {@code adapter_model.safetensors}
 * @param sha256 of its bytes, 64 lower-case hexadecimal digits
 */
public record ArtifactFile(String name, String sha256, long sizeBytes) {
    static ArtifactFile of(io.millrace.v1.ArtifactFile file) {
        return new ArtifactFile(file.getName(), file.getSha256(), file.getSizeBytes());
    }
}
