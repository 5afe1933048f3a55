package io.millrace.trainer.peft;

import io.millrace.trainer.model.Linear;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which module each of a model's linears has. */
final class LoraOfEachLinear {
    private LoraOfEachLinear() {}

    /**
     * In the linears' order; empty where a linear has none.
     *
     * @param layout has to be that of the modules in this order
     * @throws IllegalArgumentException if a module isn't one of the linears, or the layout isn't theirs
     */
    static List<Optional<LoraModule>> of(List<Linear> linears, List<LoraModule> modules, ParameterLayout layout) {
        Map<String, LoraModule> byPath = new HashMap<>();
        modules.forEach(module -> byPath.put(module.path(), module));
        Set<String> unknown = new HashSet<>(byPath.keySet());
        linears.forEach(linear -> unknown.remove(linear.path()));
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("the model has no linears " + unknown);
        }
        List<Optional<LoraModule>> ofEach = linears.stream()
                .map(linear -> Optional.ofNullable(byPath.get(linear.path()))
                        .map(module -> new LoraModule(
                                module.path(), linear.inputs(), linear.outputs(), module.rank(), module.scale())))
                .toList();
        checkLayout(ofEach.stream().flatMap(Optional::stream).toList(), layout);
        return ofEach;
    }

    private static void checkLayout(List<LoraModule> modules, ParameterLayout layout) {
        List<ParameterLayout.Parameter> wanted = LoraModules.layout(modules).parameters();
        for (int i = 0; i < Math.max(wanted.size(), layout.parameters().size()); i++) {
            Object want = i < wanted.size() ? wanted.get(i) : "nothing";
            Object have = i < layout.parameters().size() ? layout.parameters().get(i) : "nothing";
            if (!want.equals(have)) {
                throw new IllegalArgumentException(
                        "parameter %d of the layout is %s; the model makes it %s".formatted(i, have, want));
            }
        }
    }
}
