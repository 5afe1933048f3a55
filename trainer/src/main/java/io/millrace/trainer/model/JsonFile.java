package io.millrace.trainer.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;

/** A JSON object beside a model's weights, as plain Java: whole numbers are Longs, others Doubles. */
final class JsonFile {
    private static final int MAX_BYTES = 64 << 20;
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_LONG_FOR_INTS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private JsonFile() {}

    static Map<String, Object> read(Path path) {
        try {
            if (Files.size(path) > MAX_BYTES) {
                throw new ModelFormatException(path, "is larger than %d bytes".formatted(MAX_BYTES));
            }
            Map<String, Object> object = JSON.readValue(Files.readAllBytes(path), new TypeReference<>() {});
            if (object == null) {
                throw new ModelFormatException(path, "is not a JSON object");
            }
            return Collections.unmodifiableMap(object);
        } catch (JsonProcessingException e) {
            throw new ModelFormatException(path, "is not a JSON object: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new ModelFormatException(path, "can't be read: " + e);
        }
    }

    /** Empty if there is no such file. */
    static Map<String, Object> readIfPresent(Path path) {
        return Files.exists(path) ? read(path) : Map.of();
    }
}
