package io.millrace.server.command;

import ai.djl.Device;
import io.millrace.client.cli.BadDataException;
import io.millrace.client.cli.OutputOptions;
import io.millrace.trainer.chat.ChatTemplateException;
import io.millrace.trainer.model.Devices;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelFiles;
import io.millrace.trainer.model.ModelFormatException;
import io.millrace.trainer.model.Precision;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.tokenizer.TokenizerFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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
            description =
                    "How the model's weights are held; auto takes bf16 on a GPU and where this processor is fast at it.")
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

    @Option(
            names = "--device",
            defaultValue = "auto",
            paramLabel = "auto|cpu|cuda[:N]",
            description = "Where to compute; auto takes the first GPU that the engine sees, else the CPU.")
    private String device = "auto";

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    /** The same options for another command of {@code millrace}. */
    public List<String> arguments() {
        return arguments(storage());
    }

    /** The same, but for how the linears are held. */
    public List<String> arguments(LinearStorage storage) {
        String held = storage.toString().toLowerCase(Locale.ROOT);
        return List.of("--model", name, "--precision", precision.name(), "--base", held, "--device", device);
    }

    /** Fetches the model unless it is there. */
    public Path resolve(OutputOptions output) throws IOException {
        return FetchDisplay.resolve(name, output);
    }

    /** How its weights are held. */
    public FloatType type() {
        return switch (precision) {
            case auto -> Precision.auto(device());
            case bf16 -> FloatType.BFLOAT16;
            case fp32 -> FloatType.FLOAT32;
        };
    }

    /**
     * Where it computes.
     *
     * @throws ParameterException if the engine has no such device
     */
    public Device device() {
        try {
            return Devices.named(device);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    Objects.requireNonNull(spec, "picocli sets it").commandLine(), "--device is " + e.getMessage());
        }
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
        Device on = device();
        output.note("Loading %s as %s on %s …"
                .formatted(path, type().toString().toLowerCase(Locale.ROOT), Devices.name(on)));
        Base loaded = load(path, on);
        // the file's mapping and what reading it took of the heap go now, instead of lying beside the first steps
        System.gc();
        return loaded;
    }

    private Base load(Path path, Device on) throws IOException {
        try (ModelFiles files = ModelFiles.open(path)) {
            return Base.load(files, FetchDisplay.resolver().hubName(name).orElse(files.name()), type(), storage(), on);
        } catch (ModelFormatException | TokenizerFormatException | ChatTemplateException e) {
            throw new BadDataException(String.valueOf(e.getMessage()));
        }
    }
}
