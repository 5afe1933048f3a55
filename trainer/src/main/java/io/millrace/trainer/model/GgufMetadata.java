package io.millrace.trainer.model;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the typed key-value pairs of a GGUF file. */
final class GgufMetadata {
    private static final int ARRAY = 9;

    /** Elements of all arrays together; a vocabulary of 262,144 tokens with scores, types and merges has about a million. */
    private static final int MAX_ELEMENTS = 4 << 20;

    private final Path path;
    private final ByteBuffer header;
    private int elements;

    /** @param header little-endian, positioned at the first pair; reading moves it past the last */
    GgufMetadata(Path path, ByteBuffer header) {
        this.path = path;
        this.header = header;
    }

    /** @throws BufferUnderflowException if the header ends before the last pair does */
    Map<String, Object> read(long count) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        for (long i = 0; i < count; i++) {
            String key = readString(path, header);
            int type = header.getInt();
            if (metadata.put(key, type == ARRAY ? array(key) : scalar(key, type)) != null) {
                throw refused(key, "is there twice");
            }
        }
        return metadata;
    }

    static String readString(Path path, ByteBuffer header) {
        long length = header.getLong();
        if (length < 0 || length > header.remaining()) {
            throw new ModelFormatException(
                    path,
                    "a text of %s bytes at byte %d runs past the header: the file is truncated or its header wrong"
                            .formatted(Long.toUnsignedString(length), header.position() - Long.BYTES));
        }
        byte[] bytes = new byte[(int) length];
        header.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private List<Object> array(String key) {
        int type = header.getInt();
        long length = header.getLong();
        if (length < 0 || length > MAX_ELEMENTS - elements) {
            throw refused(
                    key,
                    "has %s elements; all arrays together may have %d"
                            .formatted(Long.toUnsignedString(length), MAX_ELEMENTS));
        }
        elements += (int) length;
        List<Object> array = new ArrayList<>();
        for (long i = 0; i < length; i++) {
            array.add(scalar(key, type));
        }
        return Collections.unmodifiableList(array);
    }

    private Object scalar(String key, int type) {
        return switch (type) {
            case 0 -> (long) (header.get() & 0xff);
            case 1 -> (long) header.get();
            case 2 -> (long) (header.getShort() & 0xffff);
            case 3 -> (long) header.getShort();
            case 4 -> Integer.toUnsignedLong(header.getInt());
            case 5 -> (long) header.getInt();
            case 6 -> (double) header.getFloat();
            case 7 -> header.get() != 0;
            case 8 -> readString(path, header);
            case 10 -> unsigned(header.getLong());
            case 11 -> header.getLong();
            case 12 -> header.getDouble();
            case ARRAY -> throw refused(key, "is an array of arrays, which is not supported");
            default -> throw refused(key, "has the unknown type " + Integer.toUnsignedString(type));
        };
    }

    private static Object unsigned(long bits) {
        return bits >= 0 ? (Object) bits : new BigInteger(Long.toUnsignedString(bits));
    }

    private ModelFormatException refused(String key, String reason) {
        return new ModelFormatException(path, "metadata %s %s".formatted(key, reason));
    }
}
