package io.millrace.server.ingest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Texts that a tokenizer and a chat template can take. */
final class Text {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Text() {}

    /** The text, unless it holds U+0000, which ends it for native code, or half a surrogate pair, which is no character. */
    static String checked(String field, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                throw new InvalidRow(field, "holds U+0000 at index %d; remove it".formatted(i));
            }
            if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!pair) {
                    throw new InvalidRow(field, "holds half a surrogate pair at index %d; remove it".formatted(i));
                }
                i++;
            }
        }
        return text;
    }

    /** The object's fields in order; whole numbers stay whole numbers. */
    static Map<String, Object> jsonObject(String field, String json) {
        Map<String, Object> object;
        try {
            object = JSON.readValue(json, new TypeReference<LinkedHashMap<String, Object>>() {});
        } catch (JsonProcessingException e) {
            throw new InvalidRow(field, "is no JSON object: " + e.getOriginalMessage());
        }
        if (object == null) {
            throw new InvalidRow(field, "is null; expected a JSON object");
        }
        checkJson(field, object);
        return object;
    }

    private static void checkJson(String field, @Nullable Object value) {
        if (value instanceof String text) {
            checked(field, text);
        } else if (value instanceof BigInteger number) {
            throw new InvalidRow(
                    field, "holds %s, which doesn't fit in 64 bits; send it as a string".formatted(number));
        } else if (value instanceof Double number && number.isInfinite()) {
            throw new InvalidRow(field, "holds a number too large for 64-bit floating point; send it as a string");
        } else if (value instanceof List<?> list) {
            list.forEach(item -> checkJson(field, item));
        } else if (value instanceof Map<?, ?> map) {
            map.forEach((key, item) -> {
                checkJson(field, key);
                checkJson(field, item);
            });
        }
    }
}
