package io.millrace.trainer.peft;

import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.ModelFormatException;
import io.millrace.trainer.model.SafetensorsFile;
import io.millrace.trainer.model.SafetensorsWriter;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A LoRA adapter as the folder that PEFT's {@code save_pretrained} writes and {@code from_pretrained}, vLLM and LoRAX load:
 * {@code adapter_config.json} and {@code adapter_model.safetensors}.
 *
 * @param baseModel hub name or path of the model that the adapter belongs to, as the file says
 * @param modules what the configuration adapts in that model
 * @param weights laid out as {@link LoraModules#layout} says
 */
public record PeftFolder(
        LoraConfig config, Optional<String> baseModel, List<LoraModule> modules, AdapterWeights weights) {
    /** Name of the file with the configuration. */
    public static final String CONFIG_FILE = "adapter_config.json";

    /** Name of the file with the tensors. */
    public static final String WEIGHTS_FILE = "adapter_model.safetensors";

    public PeftFolder {
        modules = List.copyOf(modules);
        if (!weights.layout().equals(LoraModules.layout(modules))) {
            throw new IllegalArgumentException(
                    "weights are laid out for other modules than the %d given".formatted(modules.size()));
        }
    }

    /**
     * Reads a folder; tensors may be float32, float16 or bfloat16.
     *
     * @param linears those of the base model, against which names and shapes are checked
     * @throws PeftFormatException if a file is absent or damaged, asks for what Millrace can't do, or doesn't fit the model
     */
    public static PeftFolder read(Path folder, List<Linear> linears) {
        Path configFile = folder.resolve(CONFIG_FILE);
        Path weightsFile = folder.resolve(WEIGHTS_FILE);
        AdapterConfig config;
        List<LoraModule> modules;
        try {
            config = AdapterConfig.parse(Files.readAllBytes(configFile));
            modules = LoraModules.resolve(config.lora(), linears);
        } catch (IOException e) {
            throw new PeftFormatException(configFile, "can't be read: " + e, e);
        } catch (IllegalArgumentException e) {
            throw new PeftFormatException(configFile, String.valueOf(e.getMessage()), e);
        }
        if (!Files.exists(weightsFile)) {
            throw new PeftFormatException(
                    weightsFile, "is absent; save the adapter with safetensors (PEFT's safe_serialization=True)");
        }
        ParameterLayout layout = LoraModules.layout(modules);
        float[] values = new float[layout.size()];
        readWeights(weightsFile, layout, FloatBuffer.wrap(values));
        AdapterWeights weights = new AdapterWeights(layout, values);
        return new PeftFolder(config.lora(), config.baseModel(), modules, weights);
    }

    /**
     * Reads {@code adapter_model.safetensors}, under whatever name.
     *
     * @param layout what the file has to hold, no less and no more
     * @param into room for all values as the layout says
     * @throws PeftFormatException if it is damaged or holds something else
     */
    public static void readWeights(Path path, ParameterLayout layout, FloatBuffer into) {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            copyWeights(file, path, layout, into);
        } catch (ModelFormatException e) {
            throw new PeftFormatException(path, String.valueOf(e.getMessage()), e);
        }
    }

    private static void copyWeights(SafetensorsFile file, Path path, ParameterLayout layout, FloatBuffer into) {
        Set<String> unknown = new HashSet<>(file.names());
        for (ParameterLayout.Parameter parameter : layout.parameters()) {
            String name = parameter.name();
            if (!unknown.remove(name)) {
                throw new PeftFormatException(path, "tensor %s is missing".formatted(name));
            }
            long[] expected =
                    parameter.shape().stream().mapToLong(Integer::longValue).toArray();
            if (!Arrays.equals(file.shape(name), expected)) {
                throw new PeftFormatException(
                        path,
                        "tensor %s has shape %s; the base model and the config make it %s; is this adapter of another model?"
                                .formatted(name, Arrays.toString(file.shape(name)), Arrays.toString(expected)));
            }
            into.put(parameter.offset(), file.floats(name), 0, parameter.size());
        }
        if (!unknown.isEmpty()) {
            throw new PeftFormatException(
                    path,
                    "tensor %s belongs to no module that the config adapts in this model"
                            .formatted(unknown.stream().sorted().findFirst().orElseThrow()));
        }
    }

    /** Writes both files into the folder, which is made if it isn't there; files of these names are replaced. */
    public void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.write(folder.resolve(CONFIG_FILE), configJson());
        SafetensorsWriter.write(folder.resolve(WEIGHTS_FILE), tensors(weights));
    }

    /** The contents of {@code adapter_config.json}. */
    public byte[] configJson() {
        return configJson(config, baseModel, modules);
    }

    /** The contents of {@code adapter_config.json}. */
    public static byte[] configJson(LoraConfig config, Optional<String> baseModel, List<LoraModule> modules) {
        return new AdapterConfig(config, baseModel).json(modules);
    }

    /**
     * Reads the contents of {@code adapter_config.json}.
     *
     * @throws IllegalArgumentException if a field is missing, has a value that can't be used, or asks for what Millrace can't do
     */
    public static LoraConfig readConfig(byte[] json) {
        return AdapterConfig.parse(json).lora();
    }

    /** Streams the contents of {@code adapter_model.safetensors}, float32; the channel stays open. */
    public void writeWeights(WritableByteChannel channel) throws IOException {
        writeWeights(weights, channel);
    }

    /** Streams weights as the contents of {@code adapter_model.safetensors}. */
    public static void writeWeights(AdapterWeights weights, WritableByteChannel channel) throws IOException {
        SafetensorsWriter.write(channel, tensors(weights));
    }

    private static Map<String, SafetensorsWriter.Tensor> tensors(AdapterWeights weights) {
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>();
        for (ParameterLayout.Parameter parameter : weights.layout().parameters()) {
            long[] shape =
                    parameter.shape().stream().mapToLong(Integer::longValue).toArray();
            tensors.put(parameter.name(), new SafetensorsWriter.Tensor(shape, weights.values(parameter)));
        }
        return tensors;
    }
}
