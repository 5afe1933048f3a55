package io.millrace.trainer.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Writes float32 tensors byte for byte as the safetensors library writes them for PyTorch: metadata {@code {"format":"pt"}},
 * tensors sorted by name (all have one dtype), the header padded with blanks to a multiple of 8 bytes.
 */
public final class SafetensorsWriter {
    private static final int ALIGNMENT = 8;
    private static final int CHUNK_VALUES = 1 << 16;
    private static final ObjectMapper JSON = new ObjectMapper();

    private SafetensorsWriter() {}

    /**
     * A tensor to be written.
     *
     * @param shape outermost dimension first
     * @param values row-major, from the buffer's position to its limit; a view of a larger array will do
     */
    public record Tensor(long[] shape, FloatBuffer values) {
        public Tensor {
            long size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
            if (size != values.remaining()) {
                throw new IllegalArgumentException("shape %s has %d values, but %d are given"
                        .formatted(Arrays.toString(shape), size, values.remaining()));
            }
        }
    }

    /** Creates the file, or replaces what is in it. */
    public static void write(Path path, Map<String, Tensor> tensors) throws IOException {
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            write(channel, tensors);
        }
    }

    /** Streams the file to the channel through a small buffer; the channel stays open. */
    public static void write(WritableByteChannel channel, Map<String, Tensor> tensors) throws IOException {
        SortedMap<String, Tensor> sorted = new TreeMap<>(tensors);
        writeFully(channel, header(sorted));
        ByteBuffer bytes = ByteBuffer.allocateDirect(CHUNK_VALUES * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        FloatBuffer chunk = bytes.asFloatBuffer();
        for (Tensor tensor : sorted.values()) {
            FloatBuffer values = tensor.values().duplicate();
            while (values.hasRemaining()) {
                int count = Math.min(values.remaining(), chunk.remaining());
                chunk.put(values.slice().limit(count));
                values.position(values.position() + count);
                if (!chunk.hasRemaining()) {
                    flush(channel, bytes, chunk);
                }
            }
        }
        flush(channel, bytes, chunk);
    }

    private static void flush(WritableByteChannel channel, ByteBuffer bytes, FloatBuffer chunk) throws IOException {
        writeFully(channel, bytes.clear().limit(chunk.position() * Float.BYTES));
        chunk.clear();
    }

    private static ByteBuffer header(SortedMap<String, Tensor> tensors) throws IOException {
        ObjectNode header = JSON.createObjectNode();
        header.putObject("__metadata__").put("format", "pt");
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            ObjectNode tensor = header.putObject(entry.getKey()).put("dtype", "F32");
            Arrays.stream(entry.getValue().shape()).forEach(tensor.putArray("shape")::add);
            long end = offset + (long) entry.getValue().values().remaining() * Float.BYTES;
            tensor.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        byte[] json = JSON.writeValueAsBytes(header);
        int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(padded).put(json);
        while (bytes.hasRemaining()) {
            bytes.put((byte) ' ');
        }
        return bytes.flip();
    }

    private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
