package io.millrace.trainer.peft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/** Which modules an adapter changes, in the three ways that PEFT's {@code target_modules} knows. */
public sealed interface TargetModules {
    /** Every linear of the blocks, the output projection excepted: PEFT's {@code "all-linear"}. */
    record AllLinear() implements TargetModules {
        private static final String NAME = "all-linear";

        @Override
        public List<String> among(String field, String kind, Collection<String> paths) {
            return List.copyOf(paths);
        }

        @Override
        public JsonNode json() {
            return JsonNodeFactory.instance.textNode(NAME);
        }
    }

    /** Modules whose path is one of these or ends with a dot and one of these. */
    record Suffixes(List<String> suffixes) implements TargetModules {
        public Suffixes {
            suffixes = List.copyOf(suffixes);
            if (suffixes.isEmpty()) {
                throw new IllegalArgumentException("target_modules is empty; name at least one, or use all-linear");
            }
        }

        @Override
        public List<String> among(String field, String kind, Collection<String> paths) {
            for (String suffix : suffixes) {
                if (paths.stream().noneMatch(path -> endsWith(path, suffix))) {
                    throw noMatch(field, suffix, kind, paths);
                }
            }
            return paths.stream()
                    .filter(path -> suffixes.stream().anyMatch(suffix -> endsWith(path, suffix)))
                    .toList();
        }

        private static boolean endsWith(String path, String suffix) {
            return path.equals(suffix) || path.endsWith("." + suffix);
        }

        @Override
        public JsonNode json() {
            ArrayNode list = JsonNodeFactory.instance.arrayNode();
            suffixes.forEach(list::add);
            return list;
        }
    }

    /** Modules whose whole path matches the regular expression. */
    record Regex(String pattern) implements TargetModules {
        @Override
        public List<String> among(String field, String kind, Collection<String> paths) {
            Pattern compiled = LoraModules.compile(field, pattern);
            List<String> found = paths.stream()
                    .filter(path -> compiled.matcher(path).matches())
                    .toList();
            if (found.isEmpty()) {
                throw noMatch(field, pattern, kind, paths);
            }
            return found;
        }

        @Override
        public JsonNode json() {
            return JsonNodeFactory.instance.textNode(pattern);
        }
    }

    /**
     * Those of the paths that are meant, in their order.
     *
     * @param field name of the setting, for errors
     * @param kind what the paths are, for errors
     * @throws IllegalArgumentException if a name or the expression matches none of them, or it is no expression
     */
    List<String> among(String field, String kind, Collection<String> paths);

    /** As {@link #read} reads it. */
    JsonNode json();

    /** @throws IllegalArgumentException if it is neither a text nor a list of texts */
    static TargetModules read(String field, JsonNode value) {
        if (value.isTextual()) {
            String text = value.textValue();
            return text.equalsIgnoreCase(AllLinear.NAME) ? new AllLinear() : new Regex(text);
        }
        List<String> suffixes = new ArrayList<>();
        value.forEach(suffix -> suffixes.add(suffix.isTextual() ? suffix.textValue() : ""));
        if (!value.isArray() || suffixes.isEmpty() || suffixes.contains("")) {
            throw new IllegalArgumentException(
                    "%s is %s; it must be \"all-linear\", a list of module names, at least one, or a regular expression"
                            .formatted(field, value));
        }
        return new Suffixes(suffixes);
    }

    private static IllegalArgumentException noMatch(
            String field, String target, String kind, Collection<String> paths) {
        return new IllegalArgumentException("%s has \"%s\", which matches no %s of the model; it has %s"
                .formatted(field, target, kind, LoraModules.names(List.copyOf(paths))));
    }
}
