package io.millrace.trainer.model;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * A memory-mapped file in the <a href="https://huggingface.co/docs/safetensors">safetensors</a> format: 8 bytes header length,
 * a JSON header, then the tensors' bytes without gaps. Everything that the header says is checked when it is opened; nothing
 * is read from the file but the header and the tensors asked for.
 */
public final class SafetensorsFile implements Weights {
    private final MappedFile file;
    private final SafetensorsHeader header;

    private SafetensorsFile(MappedFile file, SafetensorsHeader header) {
        this.file = file;
        this.header = header;
    }

    /** @throws ModelFormatException if the file is absent, truncated, or says something of itself that isn't so */
    public static SafetensorsFile open(Path path) {
        MappedFile file = MappedFile.open(path);
        return new SafetensorsFile(file, new SafetensorsHeader(file));
    }

    /** The free-form texts of {@code __metadata__}; empty if there are none. */
    public Map<String, String> metadata() {
        return header.metadata();
    }

    @Override
    public Set<String> names() {
        return header.tensors().keySet();
    }

    @Override
    public long[] shape(String name) {
        return tensor(name).shape().clone();
    }

    @Override
    public void read(String name, FloatType type, ByteBuffer into) {
        tensor(name).read(type, into);
    }

    /** The tensor's values, row-major; for tensors of less than 512 Mi values. */
    public float[] floats(String name) {
        return tensor(name).floats();
    }

    /**
     * A float32 tensor's values where they lie in the mapped file, row-major; for tensors of at most 1 GiB.
     *
     * @throws ModelFormatException if it is of another type
     */
    public FloatBuffer view(String name) {
        return tensor(name).view();
    }

    /** Nothing to do: see {@link MappedFile} on the end of a mapping. */
    @Override
    public void close() {}

    private StoredTensor tensor(String name) {
        StoredTensor tensor = header.tensors().get(name);
        if (tensor == null) {
            throw new ModelFormatException(file.path(), name, "is not in the file");
        }
        return tensor;
    }
}
