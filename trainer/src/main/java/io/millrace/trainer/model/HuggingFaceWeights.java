package io.millrace.trainer.model;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The tensors of a Hugging Face folder: one {@code model.safetensors}, or the shards that
 * {@code model.safetensors.index.json} lists.
 */
final class HuggingFaceWeights implements Weights {
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";

    private final Path folder;
    private final Map<Path, SafetensorsFile> files;
    private final Map<String, SafetensorsFile> fileByTensor;

    /** What the names in the files lack. */
    private final String prefix;

    private HuggingFaceWeights(
            Path folder, Map<Path, SafetensorsFile> files, Map<String, SafetensorsFile> fileByTensor, String prefix) {
        this.folder = folder;
        this.files = files;
        this.prefix = prefix;
        this.fileByTensor = Collections.unmodifiableMap(fileByTensor);
    }

    static HuggingFaceWeights open(Path folder) {
        Map<Path, SafetensorsFile> files = new TreeMap<>();
        Map<String, SafetensorsFile> fileByTensor = new LinkedHashMap<>();
        Path single = folder.resolve(SINGLE);
        Path index = folder.resolve(INDEX);
        if (Files.exists(single)) {
            SafetensorsFile file = SafetensorsFile.open(single);
            files.put(single, file);
            file.names().forEach(name -> fileByTensor.put(name, file));
        } else if (Files.exists(index)) {
            shardNames(index).forEach((tensor, shard) -> {
                SafetensorsFile file = files.computeIfAbsent(folder.resolve(shard), SafetensorsFile::open);
                file.shape(tensor);
                fileByTensor.put(tensor, file);
            });
        } else {
            throw new ModelFormatException(
                    folder, "has neither %s nor %s; weights in other formats aren't read".formatted(SINGLE, INDEX));
        }
        return new HuggingFaceWeights(folder, files, fileByTensor, "");
    }

    private static Map<String, String> shardNames(Path index) {
        Object map = JsonFile.read(index).get("weight_map");
        if (!(map instanceof Map<?, ?> weightMap)) {
            throw new ModelFormatException(index, "field weight_map is not an object");
        }
        Map<String, String> shards = new LinkedHashMap<>();
        weightMap.forEach((tensor, shard) -> {
            if (!(shard instanceof String name) || !name.matches("[\\w.-]+\\.safetensors")) {
                throw new ModelFormatException(
                        index, String.valueOf(tensor), "is said to be in %s, no safetensors file".formatted(shard));
            }
            shards.put(String.valueOf(tensor), name);
        });
        return shards;
    }

    /** The same, each tensor's name with this in front. */
    HuggingFaceWeights under(String prefix) {
        Map<String, SafetensorsFile> renamed = new LinkedHashMap<>();
        fileByTensor.forEach((name, file) -> renamed.put(prefix + name, file));
        return new HuggingFaceWeights(folder, files, renamed, prefix);
    }

    /** The files that hold the tensors, sorted by name. */
    List<Path> files() {
        return List.copyOf(files.keySet());
    }

    @Override
    public Set<String> names() {
        return fileByTensor.keySet();
    }

    @Override
    public long[] shape(String name) {
        return file(name).shape(name.substring(prefix.length()));
    }

    @Override
    public void read(String name, FloatType type, ByteBuffer into) {
        file(name).read(name.substring(prefix.length()), type, into);
    }

    @Override
    public void close() {
        files.values().forEach(SafetensorsFile::close);
    }

    private SafetensorsFile file(String name) {
        SafetensorsFile file = fileByTensor.get(name);
        if (file == null) {
            throw new ModelFormatException(folder, name, "is not in the folder's weights");
        }
        return file;
    }
}
