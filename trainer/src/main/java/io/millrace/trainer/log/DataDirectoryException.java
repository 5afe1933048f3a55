package io.millrace.trainer.log;

import java.nio.file.Path;

/** A data directory that can't be opened; nothing in it was changed. The subclass says why. */
public abstract sealed class DataDirectoryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    DataDirectoryException(String message) {
        super(message);
    }

    DataDirectoryException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Another process has it open, or this one already has. */
    public static final class Locked extends DataDirectoryException {
        private static final long serialVersionUID = 1;

        Locked(Path directory, String holder) {
            super("data directory %s is in use by %s; stop it, or use another directory".formatted(directory, holder));
        }
    }

    /** A newer version of Millrace wrote it. */
    public static final class NewerSchema extends DataDirectoryException {
        private static final long serialVersionUID = 1;

        NewerSchema(Path directory, int found, int known) {
            super("data directory %s has schema %d; this version reads schema %d: use a newer version of Millrace"
                    .formatted(directory, found, known));
        }
    }

    /** It belongs to another base model. */
    public static final class OtherBaseModel extends DataDirectoryException {
        private static final long serialVersionUID = 1;

        OtherBaseModel(Path directory, String bound, String given) {
            super(
                    "data directory %s belongs to base model %s, but the model given is %s; give that model, or another directory"
                            .formatted(directory, bound, given));
        }
    }

    /** It belongs to the base model, but its adapters were trained on it while it was held otherwise. */
    public static final class BaseHeldOtherwise extends DataDirectoryException {
        private static final long serialVersionUID = 1;

        BaseHeldOtherwise(Path directory, String bound, String given) {
            super("""
                    data directory %s has adapters trained on a base that is %s, but base is %s; on other weights they would go on \
                    silently otherwise: give --base %s, or another directory""".formatted(directory, bound, given, bound));
        }
    }

    /** It can't be created, read or written, or its database is not one of Millrace's. */
    public static final class Unusable extends DataDirectoryException {
        private static final long serialVersionUID = 1;

        Unusable(Path directory, Throwable cause) {
            super("data directory %s can't be used: %s".formatted(directory, cause.getMessage()), cause);
        }
    }
}
