package io.millrace.trainer.model;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and checks what stands before the tensors' bytes in a GGUF file. */
final class GgufHeader {
    private static final int MAGIC = 0x46554747; // "GGUF"
    private static final int DEFAULT_ALIGNMENT = 32;
    private static final int MAX_DIMENSIONS = 4;

    /** The largest vocabularies make headers of about 20 MB. */
    private static final int MAX_BYTES = 64 << 20;

    private final MappedFile file;
    private final ByteBuffer header;

    GgufHeader(MappedFile file) {
        this.file = file;
        this.header = file.slice(0, (int) Math.min(file.size(), MAX_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    }

    GgufFile read() {
        try {
            checkMagicAndVersion();
            long tensorCount = count("tensors");
            long metadataCount = count("metadata entries");
            Map<String, Object> metadata = new GgufMetadata(file.path(), header).read(metadataCount);
            Map<String, TensorInfo> infos = readInfos(tensorCount);
            int alignment = alignment(metadata);
            long dataStart = (header.position() + alignment - 1L) / alignment * alignment;
            Map<String, StoredTensor> tensors = place(infos, dataStart, alignment);
            checkDisjoint(tensors.values());
            return new GgufFile(
                    file.path(), Collections.unmodifiableMap(metadata), Collections.unmodifiableMap(tensors));
        } catch (BufferUnderflowException e) {
            throw refused(
                    "ends within its header: it is truncated, or its header longer than %d bytes".formatted(MAX_BYTES));
        }
    }

    private void checkMagicAndVersion() {
        if (header.getInt() != MAGIC) {
            throw refused(
                    "is no GGUF file: it does not start with GGUF (a Hugging Face model is opened by its folder)");
        }
        int version = header.getInt();
        if (version != 2 && version != 3) {
            String kind = Integer.reverseBytes(version) == 3 ? "big-endian" : Integer.toUnsignedString(version);
            throw refused("is GGUF version %s; 2 and 3 are supported, little-endian".formatted(kind));
        }
    }

    private long count(String what) {
        long count = header.getLong();
        if (count < 0 || count > header.limit()) {
            throw refused("can't have %s %s in a header of %d bytes"
                    .formatted(Long.toUnsignedString(count), what, header.limit()));
        }
        return count;
    }

    /** @param shape outermost dimension first; the file has it the other way round */
    private record TensorInfo(int type, long[] shape, long offset) {}

    private Map<String, TensorInfo> readInfos(long count) {
        Map<String, TensorInfo> infos = new LinkedHashMap<>();
        for (long i = 0; i < count; i++) {
            String name = GgufMetadata.readString(file.path(), header);
            int dimensions = header.getInt();
            if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
                throw refused(name, "has %s dimensions".formatted(Integer.toUnsignedString(dimensions)));
            }
            long[] shape = new long[dimensions];
            for (int d = dimensions - 1; d >= 0; d--) {
                shape[d] = header.getLong();
            }
            if (infos.put(name, new TensorInfo(header.getInt(), shape, header.getLong())) != null) {
                throw refused(name, "is described twice");
            }
        }
        return infos;
    }

    private int alignment(Map<String, Object> metadata) {
        Fields general = new Fields(file.path(), "general.", metadata);
        int alignment = general.optionalCount("alignment").orElse(DEFAULT_ALIGNMENT);
        if (Integer.bitCount(alignment) != 1) {
            throw general.refused("alignment", "is not a power of 2");
        }
        return alignment;
    }

    private Map<String, StoredTensor> place(Map<String, TensorInfo> infos, long dataStart, int alignment) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        infos.forEach((name, info) -> {
            Encoding encoding = GgufTensorType.encoding(info.type())
                    .orElseThrow(() -> refused(
                            name,
                            "has type %s, which is not supported; requantise the file to Q4_K_M or Q8_0"
                                    .formatted(GgufTensorType.name(info.type()))));
            long bytes = bytes(name, info.shape(), encoding);
            if (info.offset() < 0 || info.offset() % alignment != 0) {
                throw refused(
                        name,
                        "has offset %s, not a multiple of %d"
                                .formatted(Long.toUnsignedString(info.offset()), alignment));
            }
            long available = Math.max(0, file.size() - dataStart);
            if (info.offset() > available || bytes > available - info.offset()) {
                throw refused(
                        name,
                        "%d bytes from offset %d on don't lie within the file's %d: it is truncated or its header wrong"
                                .formatted(bytes, info.offset(), available));
            }
            tensors.put(name, new StoredTensor(file, name, encoding, info.shape(), dataStart + info.offset()));
        });
        return tensors;
    }

    private long bytes(String name, long[] shape, Encoding encoding) {
        long values = 1;
        for (long dimension : shape) {
            if (dimension < 1 || values > file.size() * encoding.blockValues() / dimension) {
                throw refused(name, "shape %s does not fit into the file".formatted(Arrays.toString(shape)));
            }
            values *= dimension;
        }
        if (shape[shape.length - 1] % encoding.blockValues() != 0) {
            throw refused(
                    name,
                    "rows of %d values are not whole blocks of %s (%d)"
                            .formatted(shape[shape.length - 1], encoding, encoding.blockValues()));
        }
        return values / encoding.blockValues() * encoding.blockBytes();
    }

    private void checkDisjoint(Iterable<StoredTensor> tensors) {
        List<StoredTensor> byOffset = new ArrayList<>();
        tensors.forEach(byOffset::add);
        byOffset.sort(Comparator.comparingLong(StoredTensor::offset));
        long end = 0;
        for (StoredTensor tensor : byOffset) {
            if (tensor.offset() < end) {
                throw refused(tensor.name(), "overlaps the tensor before it");
            }
            end = tensor.offset()
                    + tensor.size()
                            / tensor.encoding().blockValues()
                            * tensor.encoding().blockBytes();
        }
    }

    private ModelFormatException refused(String reason) {
        return new ModelFormatException(file.path(), reason);
    }

    private ModelFormatException refused(String tensor, String reason) {
        return new ModelFormatException(file.path(), tensor, reason);
    }
}
