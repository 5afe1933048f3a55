package io.millrace.trainer.model;

import java.nio.file.Path;

/** A model file that can't be used; the message names file, tensor or field, and the reason. */
public final class ModelFormatException extends RuntimeException {
    public ModelFormatException(Path file, String reason) {
        super(file + ": " + reason);
    }

    public ModelFormatException(Path file, String tensor, String reason) {
        super(file + ": tensor " + tensor + ": " + reason);
    }
}
