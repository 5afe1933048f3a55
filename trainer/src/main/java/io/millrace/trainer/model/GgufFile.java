package io.millrace.trainer.model;

import java.nio.file.Path;
import java.util.Map;

/**
 * A memory-mapped <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF</a> file, version 2 or 3: metadata,
 * tensor descriptions, tensors. Everything that it says of itself is checked when it is opened.
 *
 * @param metadata whole numbers are Longs (BigIntegers from 2^63 on), others Doubles, arrays Lists
 * @param tensors by their GGUF names, in the file's order
 */
record GgufFile(Path path, Map<String, Object> metadata, Map<String, StoredTensor> tensors) {
    /** @throws ModelFormatException if the file is absent, truncated, or says something of itself that isn't so */
    static GgufFile open(Path path) {
        return new GgufHeader(MappedFile.open(path)).read();
    }
}
