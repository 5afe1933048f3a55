package io.millrace.trainer.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A model in one GGUF file. */
final class GgufModel implements ModelFiles {
    /**
     * Where a file says what it was made of. {@code general.base_model.*} is not among them: there an instruction-tuned model's
     * file names the model that it was tuned from.
     */
    private static final List<String> SOURCES =
            List.of("general.source.huggingface.repository", "general.source.repo_url", "general.repo_url");

    private static final Pattern HUB_NAME =
            Pattern.compile("(?:https?://huggingface\\.co/)?([\\w-][\\w.-]*/[\\w-][\\w.-]*)/?");

    private final GgufFile file;
    private final ModelConfig config;
    private final GgufWeights weights;
    private final Fields tokenizer;

    private GgufModel(GgufFile file, ModelConfig config, GgufWeights weights) {
        this.file = file;
        this.config = config;
        this.weights = weights;
        this.tokenizer = new Fields(file.path(), "tokenizer.", file.metadata());
    }

    static GgufModel open(Path path) {
        GgufFile file = GgufFile.open(path);
        ModelConfig config = GgufConfig.read(file);
        GgufWeights weights = new GgufWeights(file, config);
        RequiredTensors.check(path, config, weights);
        return new GgufModel(file, config, weights);
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
        return Optional.empty();
    }

    @Override
    public Map<String, Object> tokenizerConfig() {
        return Map.of();
    }

    @Override
    public Map<String, Object> ggufMetadata() {
        return file.metadata();
    }

    @Override
    public Optional<String> chatTemplate() {
        return tokenizer.optionalText("chat_template");
    }

    @Override
    public String name() {
        return SOURCES.stream()
                .map(key -> HUB_NAME.matcher(String.valueOf(file.metadata().get(key))))
                .filter(Matcher::matches)
                .map(matcher -> matcher.group(1))
                .findFirst()
                .orElseGet(() -> file.path().getFileName().toString().replaceFirst("(?i)\\.gguf$", ""));
    }

    @Override
    public Set<Integer> eosIds() {
        return Stream.of("ggml.eos_token_id", "ggml.eot_token_id", "ggml.eom_token_id")
                .flatMap(key -> tokenizer.optionalWhole(key).stream().boxed().map(id -> tokenId(key, id)))
                .collect(Collectors.toUnmodifiableSet());
    }

    private int tokenId(String key, long id) {
        if (id < 0 || id >= config.vocabularySize()) {
            throw tokenizer.refused(key, "is not below the vocabulary's size " + config.vocabularySize());
        }
        return (int) id;
    }

    @Override
    public String digest() {
        return FileDigest.sha256(List.of(file.path()));
    }

    @Override
    public void close() {
        weights.close();
    }
}
