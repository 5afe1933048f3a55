package io.millrace.trainer.method;

import java.util.Collection;
import java.util.List;

/** Which modules a list of names means: each a whole path, or its end after a dot, as in PEFT. */
final class ModuleNames {
    private ModuleNames() {}

    static boolean match(List<String> names, String path) {
        return names.stream().anyMatch(name -> matches(name, path));
    }

    private static boolean matches(String name, String path) {
        return path.equals(name) || path.endsWith("." + name);
    }

    /** @throws IllegalArgumentException naming the field, if one of the names matches none of the paths */
    static void checkAllMatch(String field, List<String> names, String kind, Collection<String> paths) {
        for (String name : names) {
            if (paths.stream().noneMatch(path -> matches(name, path))) {
                throw new IllegalArgumentException("%s has \"%s\", which matches no %s of the model; it has %s"
                        .formatted(
                                field,
                                name,
                                kind,
                                paths.stream()
                                        .map(path -> path.substring(path.lastIndexOf('.') + 1))
                                        .distinct()
                                        .toList()));
            }
        }
    }
}
