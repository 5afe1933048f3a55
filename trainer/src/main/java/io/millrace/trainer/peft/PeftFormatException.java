package io.millrace.trainer.peft;

import java.nio.file.Path;

/** A PEFT folder that can't be used; the message names the file, the field or tensor, and the remedy. */
public final class PeftFormatException extends RuntimeException {
    public PeftFormatException(Path file, String reason) {
        super(file + ": " + reason);
    }

    public PeftFormatException(Path file, String reason, Throwable cause) {
        super(file + ": " + reason, cause);
    }
}
