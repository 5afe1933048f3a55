package io.millrace.trainer.peft;

import io.millrace.trainer.model.Linear;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** From a LoRA configuration and a model's linears to what is trained, by the rules of PEFT's {@code LoraModel}. */
public final class LoraModules {
    private LoraModules() {}

    /**
     * The linears that the configuration adapts, each with its rank and scale, in the order of the model.
     *
     * @throws IllegalArgumentException if a target matches no linear, or a pattern is not a regular expression
     */
    public static List<LoraModule> resolve(LoraConfig config, List<Linear> linears) {
        List<LoraModule> modules = new ArrayList<>();
        for (Linear linear : targeted(config.targets(), linears)) {
            int rank = rank(config, linear.path());
            double scale = alpha(config, linear.path()) / (config.rankStabilised() ? Math.sqrt(rank) : rank);
            modules.add(
                    new LoraModule(linear.path(), linear.inputs(), linear.outputs(), rank, scale, linear.transposed()));
        }
        return List.copyOf(modules);
    }

    /** The A [rank, inputs] of every module, then the B [outputs, rank] of every module, under PEFT's names. */
    public static ParameterLayout layout(List<LoraModule> modules) {
        List<ParameterLayout.Parameter> parameters = new ArrayList<>();
        int offset = 0;
        for (LoraModule module : modules) {
            var a = new ParameterLayout.Parameter(nameOfA(module), List.of(module.rank(), module.inputs()), offset);
            offset = a.end();
            parameters.add(a);
        }
        for (LoraModule module : modules) {
            var b = new ParameterLayout.Parameter(nameOfB(module), List.of(module.outputs(), module.rank()), offset);
            offset = b.end();
            parameters.add(b);
        }
        return new ParameterLayout(parameters);
    }

    static String nameOfA(LoraModule module) {
        return "base_model.model." + module.path() + ".lora_A.weight";
    }

    static String nameOfB(LoraModule module) {
        return "base_model.model." + module.path() + ".lora_B.weight";
    }

    static int rank(LoraConfig config, String path) {
        return firstMatch("rank_pattern", config.rankPattern(), path, config.rank());
    }

    static double alpha(LoraConfig config, String path) {
        return firstMatch("alpha_pattern", config.alphaPattern(), path, config.alpha());
    }

    private static List<Linear> targeted(TargetModules targets, List<Linear> linears) {
        Set<String> chosen = Set.copyOf(targets.among(
                "target_modules", "linear", linears.stream().map(Linear::path).toList()));
        return linears.stream().filter(linear -> chosen.contains(linear.path())).toList();
    }

    /** The last parts of the paths, each once. */
    static List<String> names(List<String> paths) {
        return paths.stream()
                .map(path -> path.substring(path.lastIndexOf('.') + 1))
                .distinct()
                .toList();
    }

    private static <T> T firstMatch(String field, Map<String, T> patterns, String path, T otherwise) {
        for (Map.Entry<String, T> entry : patterns.entrySet()) {
            if (compile(field, "(.*\\.)?(" + entry.getKey() + ")").matcher(path).matches()) {
                return entry.getValue();
            }
        }
        return otherwise;
    }

    static Pattern compile(String field, String regex) {
        try {
            return Pattern.compile(regex);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "%s has \"%s\", which is not a regular expression: %s".formatted(field, regex, e.getDescription()),
                    e);
        }
    }
}
