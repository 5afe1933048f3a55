package io.millrace.trainer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelFiles;
import io.millrace.trainer.model.SafetensorsFile;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.LoraAdapter;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.LoraModules;
import io.millrace.trainer.peft.ParameterLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;

/** One of the tiny models and what transformers and peft compute with it; {@code make_reference.py} names every tensor. */
public final class ReferenceModel {
    private final Path folder;
    private final JsonNode json;
    private final SafetensorsFile tensors;

    private ReferenceModel(Path folder) {
        this.folder = folder;
        this.json = json(folder.resolve("reference.json"));
        this.tensors = SafetensorsFile.open(folder.resolve("reference.safetensors"));
    }

    public static ReferenceModel of(String name) {
        return new ReferenceModel(Reference.model(name));
    }

    /** That of the test resources, whatever fixtures the tests are run on. */
    public static ReferenceModel copy(String name) {
        return new ReferenceModel(Reference.copy().resolve(name));
    }

    public BaseModel load(FloatType type) {
        return load(type, LinearStorage.DENSE);
    }

    public BaseModel load(FloatType type, LinearStorage storage) {
        try (ModelFiles files = ModelFiles.open(folder)) {
            return BaseModel.load(files.config(), files.weights(), type, storage, TestDevice.get());
        }
    }

    public JsonNode json() {
        return json;
    }

    public float[] tensor(String name) {
        return tensors.floats(name);
    }

    /** The fixture's batch without its padding. */
    public List<Sequence> sequences() {
        long[] shape = tensors.shape("input_ids");
        int rows = (int) shape[0];
        int columns = (int) shape[1];
        float[] ids = tensor("input_ids");
        float[] mask = tensor("attention_mask");
        float[] labels = tensor("labels");
        List<Sequence> sequences = new ArrayList<>();
        for (int b = 0; b < rows; b++) {
            int length = 0;
            while (length < columns && mask[b * columns + length] == 1) {
                length++;
            }
            int[] sequence = new int[length];
            float[] weights = new float[length];
            for (int i = 0; i < length; i++) {
                sequence[i] = (int) ids[b * columns + i];
                weights[i] = labels[b * columns + i] >= 0 ? 1 : 0;
            }
            sequences.add(new Sequence(sequence, weights));
        }
        return sequences;
    }

    /** Logits [length, V] of sequence {@code b} in a tensor [B, T, V]. */
    public float[][] logits(String name, int b, int length) {
        long[] shape = tensors.shape(name);
        int t = (int) shape[1];
        int v = (int) shape[2];
        float[] all = tensor(name);
        float[][] rows = new float[length][];
        for (int i = 0; i < length; i++) {
            rows[i] = Arrays.copyOfRange(all, (b * t + i) * v, (b * t + i + 1) * v);
        }
        return rows;
    }

    /**
     * The fixture's LoRA on all linears, all of rank r, with the tensors of {@code reference.safetensors} that start
     * with the prefix.
     */
    public LoraAdapter lora(BaseModel model, String prefix) {
        int rank = json.at("/lora/r").intValue();
        double scale = json.at("/lora/alpha").doubleValue() / rank;
        return adapter(model, path -> rank, path -> scale, parameter -> tensor(prefix + parameter.name()));
    }

    /** A folder that peft wrote. */
    public LoraAdapter saved(BaseModel model, String name) {
        Path adapter = folder.resolve("adapters").resolve(name);
        JsonNode config = json(adapter.resolve("adapter_config.json"));
        SafetensorsFile file = SafetensorsFile.open(adapter.resolve("adapter_model.safetensors"));
        ToIntFunction<String> rank = path ->
                (int) pattern(config.get("rank_pattern"), path, config.get("r").doubleValue());
        ToDoubleFunction<String> alpha = path -> pattern(
                config.get("alpha_pattern"), path, config.get("lora_alpha").doubleValue());
        boolean stabilised = config.get("use_rslora").booleanValue();
        return adapter(
                model,
                rank,
                path -> alpha.applyAsDouble(path)
                        / (stabilised ? Math.sqrt(rank.applyAsInt(path)) : rank.applyAsInt(path)),
                parameter -> file.floats(parameter.name()));
    }

    private static double pattern(JsonNode patterns, String path, double otherwise) {
        for (var entry : patterns.properties()) {
            if (path.matches("(.*\\.)?(" + entry.getKey() + ")$")) {
                return entry.getValue().doubleValue();
            }
        }
        return otherwise;
    }

    /** LoRA on all linears. */
    public static LoraAdapter adapter(
            BaseModel model,
            ToIntFunction<String> rank,
            ToDoubleFunction<String> scale,
            Function<ParameterLayout.Parameter, float[]> tensor) {
        List<LoraModule> modules = model.linears().stream()
                .filter(linear -> rank.applyAsInt(linear.path()) > 0)
                .map(linear -> new LoraModule(
                        linear.path(),
                        linear.inputs(),
                        linear.outputs(),
                        rank.applyAsInt(linear.path()),
                        scale.applyAsDouble(linear.path()),
                        linear.transposed()))
                .toList();
        ParameterLayout layout = LoraModules.layout(modules);
        float[] values = new float[layout.size()];
        for (ParameterLayout.Parameter parameter : layout.parameters()) {
            System.arraycopy(tensor.apply(parameter), 0, values, parameter.offset(), parameter.size());
        }
        return new LoraAdapter(modules, new AdapterWeights(layout, values));
    }

    private static JsonNode json(Path file) {
        try {
            return new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
