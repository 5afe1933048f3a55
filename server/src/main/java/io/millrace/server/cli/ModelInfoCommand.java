package io.millrace.server.cli;

import io.millrace.client.cli.BadDataException;
import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.FetchDisplay;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.model.ModelFiles;
import io.millrace.trainer.model.ModelFormatException;
import io.millrace.trainer.tokenizer.TextTokenizer;
import io.millrace.trainer.tokenizer.TokenizerFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Tells what a model is. */
@Command(
        name = "info",
        description = "Tells a model's shape, parameters, files, digest, tokenizer and whether it has a chat template.")
final class ModelInfoCommand implements Callable<Integer> {
    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(
            paramLabel = "MODEL",
            description = "A short name, a hub name org/name, a folder or a .gguf file; fetched unless it is there.")
    private String name = "";

    @Override
    public Integer call() {
        return output.run(this::info);
    }

    private int info(JsonEvents events) throws IOException {
        Path path = FetchDisplay.resolve(name, output);
        try (ModelFiles model = ModelFiles.open(path)) {
            JsonEvents.Event finished = events.event("finished");
            describe(model, path).forEach((field, value) -> {
                finished.with(field, value);
                output.say("%-18s %s"
                        .formatted(field.replace('_', ' '), value instanceof Long n ? "%,d".formatted(n) : value));
            });
            finished.emit();
            return ExitCode.OK;
        } catch (ModelFormatException e) {
            throw new BadDataException(String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Object> describe(ModelFiles model, Path path) throws IOException {
        ModelConfig config = model.config();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", model.name());
        fields.put("path", path.toString());
        fields.put("architecture", config.architecture());
        fields.put("parameters", parameters(model));
        fields.put("layers", config.layers());
        fields.put("hidden_size", config.hiddenSize());
        fields.put("intermediate_size", config.intermediateSize());
        fields.put("heads", config.heads());
        fields.put("key_value_heads", config.keyValueHeads());
        fields.put("head_size", config.headSize());
        fields.put("vocabulary_size", config.vocabularySize());
        fields.put("context_length", config.contextLength());
        fields.put("tied_embeddings", config.tiedEmbeddings());
        fields.put("chat_template", model.chatTemplate().isPresent());
        fields.put("tokenizer", tokenizer(model));
        fields.put("files", files(path));
        fields.put("digest", model.digest());
        return fields;
    }

    private static long parameters(ModelFiles model) {
        return model.weights().names().stream()
                .mapToLong(
                        tensor -> Arrays.stream(model.weights().shape(tensor)).reduce(1, Math::multiplyExact))
                .sum();
    }

    private static String tokenizer(ModelFiles model) {
        Optional<Path> file = model.tokenizerJson();
        if (file.isEmpty() && model.ggufMetadata().isEmpty()) {
            return "none";
        }
        try (TextTokenizer tokenizer =
                file.isPresent() ? TextTokenizer.of(file.get()) : TextTokenizer.ofGguf(model.ggufMetadata())) {
            return "%d tokens".formatted(tokenizer.vocabularySize());
        } catch (TokenizerFormatException e) {
            return "can't be used: " + e.getMessage();
        }
    }

    private static List<String> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(String.valueOf(path.getFileName()));
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }
}
