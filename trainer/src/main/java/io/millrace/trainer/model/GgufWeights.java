package io.millrace.trainer.model;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A GGUF file's tensors under Hugging Face names and in Hugging Face layout.
 *
 * <p>Of Llama models the file has the rows of q and k in llama.cpp's order, in which the two channels that the rotary embedding
 * turns together are neighbours: its row 2i + s of a head is row s · headSize/2 + i there.
 */
final class GgufWeights implements Weights {
    private final Path path;
    private final ModelConfig config;
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

    GgufWeights(GgufFile file, ModelConfig config) {
        this.path = file.path();
        this.config = config;
        file.tensors()
                .forEach((name, tensor) ->
                        GgufNames.huggingFace(name).ifPresent(huggingFace -> tensors.put(huggingFace, tensor)));
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(tensors.keySet());
    }

    @Override
    public long[] shape(String name) {
        return tensor(name).shape().clone();
    }

    @Override
    public void read(String name, FloatType type, ByteBuffer into) {
        StoredTensor tensor = tensor(name);
        boolean queriesOrKeys = name.contains(".self_attn.q_proj.") || name.contains(".self_attn.k_proj.");
        if (queriesOrKeys && config.architecture().equals("llama")) {
            readReordered(tensor, type, into);
        } else {
            tensor.read(type, into);
        }
    }

    private void readReordered(StoredTensor tensor, FloatType type, ByteBuffer into) {
        int headSize = config.headSize();
        long rowSize = tensor.rowSize();
        if (tensor.shape()[0] % headSize != 0) {
            throw new ModelFormatException(
                    path,
                    tensor.name(),
                    "has %d rows, no multiple of the head size %d".formatted(tensor.shape()[0], headSize));
        }
        for (long head = 0; head < tensor.shape()[0]; head += headSize) {
            for (int side = 0; side < 2; side++) {
                for (int pair = 0; pair < headSize / 2; pair++) {
                    tensor.read((head + 2 * pair + side) * rowSize, rowSize, type, into);
                }
            }
        }
    }

    /** Nothing to do: see {@link MappedFile} on the end of a mapping. */
    @Override
    public void close() {}

    private StoredTensor tensor(String name) {
        StoredTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new ModelFormatException(path, name, "is not in the file");
        }
        return tensor;
    }
}
