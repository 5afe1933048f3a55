package io.millrace.trainer.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads what a safetensors file says of itself, and checks it against the file as the format's own library does: the tensors'
 * bytes start right after the header and follow each other without gap or overlap up to the end of the file.
 */
final class SafetensorsHeader {
    /** Enough for 100,000 tensors; the library's own limit of 100 MB of JSON would take gigabytes of heap. */
    private static final int MAX_BYTES = 16 << 20;

    private static final String METADATA = "__metadata__";
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final MappedFile file;
    private final long dataStart;
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    /** @throws ModelFormatException if any of it isn't so */
    SafetensorsHeader(MappedFile file) {
        this.file = file;
        int length = length();
        this.dataStart = Long.BYTES + length;
        parse(length).fields().forEachRemaining(field -> {
            if (field.getKey().equals(METADATA)) {
                readMetadata(field.getValue());
            } else {
                tensors.put(field.getKey(), tensor(field.getKey(), field.getValue()));
            }
        });
        checkContiguous();
    }

    /** In the header's order. */
    Map<String, StoredTensor> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    private int length() {
        if (file.size() < Long.BYTES) {
            throw refused("is truncated: %d bytes, and the header's length alone takes 8".formatted(file.size()));
        }
        long length = file.slice(0, Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 0 || length > MAX_BYTES) {
            throw refused("is no safetensors file: its header would have %s bytes, where at most %d are allowed"
                    .formatted(Long.toUnsignedString(length), MAX_BYTES));
        }
        if (length > file.size() - Long.BYTES) {
            throw refused("is truncated: a header of %d bytes in a file of %d".formatted(length, file.size()));
        }
        return (int) length;
    }

    private JsonNode parse(int length) {
        byte[] bytes = new byte[length];
        file.copy(Long.BYTES, bytes, length);
        try {
            JsonNode root = JSON.readTree(bytes);
            if (!root.isObject()) {
                throw refused("its header is not a JSON object");
            }
            return root;
        } catch (JsonProcessingException e) {
            throw refused("its header is not valid JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void readMetadata(JsonNode node) {
        if (!node.isObject()) {
            throw refused(METADATA + " is not a JSON object");
        }
        node.fields().forEachRemaining(field -> {
            if (!field.getValue().isTextual()) {
                throw refused("%s.%s is not a text".formatted(METADATA, field.getKey()));
            }
            metadata.put(field.getKey(), field.getValue().textValue());
        });
    }

    private StoredTensor tensor(String name, JsonNode node) {
        Encoding encoding = encoding(name, node.path("dtype"));
        long[] shape = wholeNumbers(name, "shape", node);
        long[] offsets = wholeNumbers(name, "data_offsets", node);
        if (offsets.length != 2 || offsets[1] < offsets[0]) {
            throw refused(name, "data_offsets %s are not a start and an end".formatted(node.path("data_offsets")));
        }
        if (offsets[1] > file.size() - dataStart) {
            throw refused(
                    name,
                    "ends at byte %d of %d: the file is truncated or its header wrong"
                            .formatted(offsets[1], file.size() - dataStart));
        }
        if (!fits(shape, encoding, offsets[1] - offsets[0])) {
            throw refused(
                    name,
                    "shape %s of %s does not take the %d bytes that data_offsets span"
                            .formatted(node.path("shape"), encoding, offsets[1] - offsets[0]));
        }
        return new StoredTensor(file, name, encoding, shape, dataStart + offsets[0]);
    }

    private Encoding encoding(String name, JsonNode dtype) {
        return switch (dtype.asText()) {
            case "F64" -> Encoding.F64;
            case "F32" -> Encoding.F32;
            case "F16" -> Encoding.F16;
            case "BF16" -> Encoding.BF16;
            case "I64" -> Encoding.I64;
            case "I32" -> Encoding.I32;
            default -> throw refused(name, "dtype %s is not one of F64, F32, F16, BF16, I64, I32".formatted(dtype));
        };
    }

    private long[] wholeNumbers(String name, String field, JsonNode node) {
        JsonNode array = node.path(field);
        long[] numbers = new long[array.size()];
        boolean valid = array.isArray();
        for (int i = 0; i < numbers.length && valid; i++) {
            JsonNode number = array.get(i);
            valid = number.isIntegralNumber() && number.canConvertToLong() && number.longValue() >= 0;
            numbers[i] = number.longValue();
        }
        if (!valid) {
            throw refused(name, "%s %s is not an array of whole numbers".formatted(field, array));
        }
        return numbers;
    }

    private static boolean fits(long[] shape, Encoding encoding, long bytes) {
        long product = encoding.blockBytes();
        for (long dimension : shape) {
            if (dimension != 0 && product > Long.MAX_VALUE / dimension) {
                return false;
            }
            product *= dimension;
        }
        return product == bytes;
    }

    private void checkContiguous() {
        List<StoredTensor> byOffset = new ArrayList<>(tensors.values());
        byOffset.sort(Comparator.comparingLong(StoredTensor::offset).thenComparingLong(StoredTensor::size));
        long end = dataStart;
        for (StoredTensor tensor : byOffset) {
            if (tensor.offset() != end) {
                throw refused(
                        tensor.name(),
                        "starts at byte %d, but the one before it ends at %d"
                                .formatted(tensor.offset() - dataStart, end - dataStart));
            }
            end += tensor.size() * tensor.encoding().blockBytes();
        }
        if (end != file.size()) {
            throw refused("has %d bytes of tensors, but its header speaks of %d"
                    .formatted(file.size() - dataStart, end - dataStart));
        }
    }

    private ModelFormatException refused(String reason) {
        return new ModelFormatException(file.path(), reason);
    }

    private ModelFormatException refused(String tensor, String reason) {
        return new ModelFormatException(file.path(), tensor, reason);
    }
}
