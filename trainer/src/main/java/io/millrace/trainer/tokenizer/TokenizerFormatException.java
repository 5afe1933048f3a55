package io.millrace.trainer.tokenizer;

/** A tokenizer that can't be used; the message names the file or metadata field, and the reason. */
public final class TokenizerFormatException extends RuntimeException {
    TokenizerFormatException(String message) {
        super(message);
    }

    TokenizerFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
