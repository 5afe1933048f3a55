package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;

/** Something was to be stored for an adapter that doesn't exist: it was deleted in the meantime. Nothing was stored. */
public final class AdapterGoneException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public AdapterGoneException(AdapterName adapter) {
        super(adapter + " does not exist; it was deleted, or never created");
    }
}
