package io.millrace.trainer.model;

import java.nio.ByteBuffer;
import java.util.Set;

/**
 * The tensors of a model file under their Hugging Face names ({@code model.layers.0.self_attn.q_proj.weight}, …) in Hugging
 * Face layout, whatever the file's format. Several threads may read at once.
 */
public interface Weights extends AutoCloseable {
    Set<String> names();

    /** @throws ModelFormatException if there is no such tensor */
    long[] shape(String name);

    /**
     * Writes the tensor's values row-major, native byte order, as float32 or bfloat16 (rounded to nearest even) to the
     * buffer from its position on; direct buffers are fine.
     *
     * @throws ModelFormatException if there is no such tensor or its bytes are damaged
     */
    void read(String name, FloatType type, ByteBuffer into);

    /** Ends the use of the files; their mappings go when the garbage collector finds them. */
    @Override
    void close();
}
