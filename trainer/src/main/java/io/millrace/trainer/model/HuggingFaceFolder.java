package io.millrace.trainer.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A model as transformers saves it: {@code config.json}, safetensors, and the tokenizer's files. */
final class HuggingFaceFolder implements ModelFiles {
    private static final Pattern HUB_NAME = Pattern.compile("[\\w-][\\w.-]*/[\\w-][\\w.-]*");

    private final Path folder;
    private final Fields configFields;
    private final ModelConfig config;
    private final HuggingFaceWeights weights;

    private HuggingFaceFolder(Path folder, Fields configFields, ModelConfig config, HuggingFaceWeights weights) {
        this.folder = folder;
        this.configFields = configFields;
        this.config = config;
        this.weights = weights;
    }

    static HuggingFaceFolder open(Path folder) {
        Path configJson = folder.resolve("config.json");
        if (!Files.exists(configJson)) {
            throw new ModelFormatException(
                    folder,
                    "has no config.json, so it is no Hugging Face model; a GGUF file is opened by its own path");
        }
        Fields fields = fields(configJson);
        ModelConfig config = HuggingFaceConfig.read(fields);
        HuggingFaceWeights weights = weights(folder, config);
        RequiredTensors.check(folder, config, weights);
        return new HuggingFaceFolder(folder, fields, config, weights);
    }

    /** Files of GPT-2 that were made of the model without its head lack {@code transformer.} in front of each name. */
    private static HuggingFaceWeights weights(Path folder, ModelConfig config) {
        HuggingFaceWeights weights = HuggingFaceWeights.open(folder);
        boolean headless = config.isGpt2() && weights.names().contains("wte.weight");
        return headless ? weights.under("transformer.") : weights;
    }

    private static Fields fields(Path json) {
        return new Fields(json, "", JsonFile.readIfPresent(json));
    }

    @Override
    public ModelConfig config() {
        return config;
    }

    @Override
    public Weights weights() {
        return weights;
    }

    @Override
    public Optional<Path> tokenizerJson() {
        return Optional.of(folder.resolve("tokenizer.json")).filter(Files::exists);
    }

    @Override
    public Map<String, Object> tokenizerConfig() {
        return JsonFile.readIfPresent(folder.resolve("tokenizer_config.json"));
    }

    @Override
    public Map<String, Object> ggufMetadata() {
        return Map.of();
    }

    /** The file {@code chat_template.jinja} goes before {@code tokenizer_config.json}, as in transformers. */
    @Override
    public Optional<String> chatTemplate() {
        Path jinja = folder.resolve("chat_template.jinja");
        if (Files.exists(jinja)) {
            try {
                return Optional.of(Files.readString(jinja));
            } catch (IOException e) {
                throw new ModelFormatException(jinja, "can't be read: " + e);
            }
        }
        Fields fields = fields(folder.resolve("tokenizer_config.json"));
        return fields.isList("chat_template")
                ? fields.optionalList("chat_template").flatMap(HuggingFaceFolder::defaultTemplate)
                : fields.optionalText("chat_template");
    }

    private static Optional<String> defaultTemplate(List<?> named) {
        return named.stream()
                .filter(entry -> entry instanceof Map<?, ?> map && "default".equals(map.get("name")))
                .map(entry -> String.valueOf(((Map<?, ?>) entry).get("template")))
                .findFirst();
    }

    @Override
    public String name() {
        return configFields
                .optionalText("_name_or_path")
                .filter(name -> HUB_NAME.matcher(name).matches())
                .orElseGet(
                        () -> folder.toAbsolutePath().normalize().getFileName().toString());
    }

    @Override
    public Set<Integer> eosIds() {
        Fields generation = fields(folder.resolve("generation_config.json"));
        Fields fields = generation.has("eos_token_id") ? generation : configFields;
        List<?> ids = fields.isList("eos_token_id")
                ? fields.optionalList("eos_token_id").orElseThrow()
                : fields.optionalWhole("eos_token_id").stream().boxed().toList();
        return ids.stream().map(id -> tokenId(fields, id)).collect(Collectors.toUnmodifiableSet());
    }

    private int tokenId(Fields fields, Object id) {
        if (id instanceof Long number && number >= 0 && number < config.vocabularySize()) {
            return number.intValue();
        }
        throw fields.refused("eos_token_id", "is not below the vocabulary's size " + config.vocabularySize());
    }

    @Override
    public String digest() {
        List<Path> files = new ArrayList<>();
        files.add(folder.resolve("config.json"));
        files.addAll(weights.files());
        return FileDigest.sha256(files);
    }

    @Override
    public void close() {
        weights.close();
    }
}
