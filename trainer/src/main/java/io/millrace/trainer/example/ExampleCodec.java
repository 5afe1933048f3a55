package io.millrace.trainer.example;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The canonical bytes of an example: what the log stores, and what duplicates and conflicts are judged by. Compact JSON
 * in UTF-8 with a version, fields in a fixed order and defaults left out, so that equal examples have equal bytes and a
 * person can read them in the database. Characters outside the basic plane are written as escaped surrogates.
 *
 * <p>Integers inside a message's fields or a tool come back as Integer when they fit, else as Long.
 */
public final class ExampleCodec {
    static final int VERSION = 1;

    // Its own float formatting: the JDK's changed with Java 19, and these bytes must not.
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private ExampleCodec() {}

    /** @throws IllegalArgumentException if a message's fields or a tool hold something that is not a JSON value */
    public static byte[] encode(Example example) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            new ExampleWriter(json).write(example);
        } catch (IOException e) {
            throw new IllegalArgumentException("the example can't be encoded: " + e.getMessage(), e);
        }
        return bytes.toByteArray();
    }

    /** @throws IllegalArgumentException if the bytes are of a version that this build doesn't know, or damaged */
    public static Example decode(byte[] encoding) {
        try (JsonParser json = JSON.createParser(encoding)) {
            return new ExampleReader(json).read();
        } catch (IOException e) {
            throw new IllegalArgumentException("the stored example is damaged: " + e.getMessage(), e);
        }
    }

    /** SHA-256 of an encoding, 32 bytes. */
    public static byte[] digest(byte[] encoding) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(encoding);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
