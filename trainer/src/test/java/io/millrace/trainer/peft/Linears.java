package io.millrace.trainer.peft;

import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.SafetensorsFile;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** The linears of a reference model, from the shapes in its file. */
final class Linears {
    private Linears() {}

    static List<Linear> of(Path model) {
        try (SafetensorsFile file = SafetensorsFile.open(model.resolve("model.safetensors"))) {
            return file.names().stream()
                    .filter(name -> name.endsWith("_proj.weight") || name.matches(".*\\.c_\\w+\\.weight"))
                    .map(name -> linear(name.substring(0, name.length() - ".weight".length()), file.shape(name)))
                    .sorted(Comparator.comparing(Linear::path))
                    .toList();
        }
    }

    private static Linear linear(String path, long[] shape) {
        return path.startsWith("transformer.")
                ? new Linear(path, path, (int) shape[0], (int) shape[1], true)
                : new Linear(path, (int) shape[1], (int) shape[0]);
    }
}
