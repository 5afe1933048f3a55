package io.millrace.trainer.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A model as it lies on disk: a Hugging Face folder or a GGUF file. */
public sealed interface ModelFiles extends AutoCloseable permits HuggingFaceFolder, GgufModel {
    /**
     * Opens a model and checks that every tensor its configuration calls for is there with the right shape.
     *
     * @param path a folder with {@code config.json} and {@code model.safetensors} (or its shards and index), or a
     *     {@code .gguf} file
     * @throws ModelFormatException if it is absent, damaged or of a kind that isn't supported
     */
    static ModelFiles open(Path path) {
        if (Files.isDirectory(path)) {
            return HuggingFaceFolder.open(path);
        }
        if (!Files.exists(path)) {
            throw new ModelFormatException(
                    path, "there is no such file or folder; a model is a folder with config.json, or a .gguf file");
        }
        return GgufModel.open(path);
    }

    ModelConfig config();

    /** Closed together with the model. */
    Weights weights();

    /** The folder's {@code tokenizer.json}; a GGUF file has its tokenizer in {@link #ggufMetadata()}. */
    Optional<Path> tokenizerJson();

    /** What {@code tokenizer_config.json} says; empty if there is none. Whole numbers are Longs, others Doubles. */
    Map<String, Object> tokenizerConfig();

    /**
     * A GGUF file's metadata, {@code tokenizer.*} included; empty for a folder. Whole numbers are Longs (BigIntegers from
     * 2^63 on), others Doubles, arrays Lists.
     */
    Map<String, Object> ggufMetadata();

    /** The model's own chat template (Jinja). */
    Optional<String> chatTemplate();

    /** The name on the Hugging Face hub ({@code organisation/name}) if the files say it, else the file's or folder's name. */
    String name();

    /** The tokens that end a generated answer. */
    Set<Integer> eosIds();

    /**
     * {@code sha256:} and the SHA-256, in hexadecimal, of the GGUF file, or of {@code config.json} followed by the safetensors
     * files in the order of their names. Reads them whole (about 1.5 GB/s): keep the result.
     */
    String digest();

    @Override
    void close();
}
