package io.millrace.server.model;

import java.io.IOException;

/** A model, or a file of it, that can't be had; the message says what was tried and what to do. */
public final class ModelUnavailableException extends IOException {
    private static final long serialVersionUID = 1;

    ModelUnavailableException(String message) {
        super(message);
    }

    ModelUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
