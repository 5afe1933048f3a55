package io.millrace.server.command;

import io.millrace.client.cli.BadDataException;
import io.millrace.client.cli.OutputOptions;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelFiles;
import io.millrace.trainer.model.ModelFormatException;
import io.millrace.trainer.model.Precision;
import io.millrace.trainer.pipeline.Base;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Which base model, and how it is held. A mixin. */
public final class ModelOptions {
    /** How the frozen weights are held. */
    enum WeightType {
        auto,
        bf16,
        fp32
    }

    /** How the linears of its blocks are held. */
    enum BaseType {
        dense,
        nf4
    }

    @Option(
            names = "--model",
            defaultValue = "smollm2-135m-instruct",
            paramLabel = "MODEL",
            description =
                    "A model's short name, a hub name org/name, a folder or a .gguf file (default: ${DEFAULT-VALUE}).")
    private String name = "";

    @Option(
            names = "--precision",
            defaultValue = "auto",
            paramLabel = "auto|bf16|fp32",
            description = "How the model's weights are held; auto takes bf16 where this processor is fast at it.")
    private WeightType precision = WeightType.auto;

    @Option(
            names = "--base",
            defaultValue = "dense",
            paramLabel = "dense|nf4",
            description = {
                "How the frozen linears are held; nf4 takes 4.13 bits per weight, a quarter of bf16, and makes each block's weights",
                "anew for every use: QLoRA, for whatever method an adapter has (default: ${DEFAULT-VALUE})."
            })
    private BaseType base = BaseType.dense;

    /** The same options for another command of {@code millrace}. */
    public List<String> arguments() {
        return arguments(storage());
    }

    /** The same, but for how the linears are held. */
    public List<String> arguments(LinearStorage storage) {
        String held = storage.toString().toLowerCase(Locale.ROOT);
        return List.of("--model", name, "--precision", precision.name(), "--base", held);
    }

    /** Fetches the model unless it is there. */
    public Path resolve(OutputOptions output) throws IOException {
        return FetchDisplay.resolve(name, output);
    }

    /** How its weights are held. */
    public FloatType type() {
        return switch (precision) {
            case auto -> Precision.auto();
            case bf16 -> FloatType.BFLOAT16;
            case fp32 -> FloatType.FLOAT32;
        };
    }

    /** How the linears of its blocks are held. */
    public LinearStorage storage() {
        return switch (base) {
            case dense -> LinearStorage.DENSE;
            case nf4 -> LinearStorage.NF4;
        };
    }

    /** Fetches the model unless it is there, and loads it. */
    public Base load(OutputOptions output) throws IOException {
        Path path = resolve(output);
        output.note("Loading %s as %s …".formatted(path, type().toString().toLowerCase(Locale.ROOT)));
        try (ModelFiles files = ModelFiles.open(path)) {
            return Base.load(files, FetchDisplay.resolver().hubName(name).orElse(files.name()), type(), storage());
        } catch (ModelFormatException e) {
            throw new BadDataException(String.valueOf(e.getMessage()));
        }
    }
}
