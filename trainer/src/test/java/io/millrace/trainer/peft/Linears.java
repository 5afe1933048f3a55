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
                    .filter(name -> name.endsWith("_proj.weight"))
                    .map(name -> new Linear(
                            name.substring(0, name.length() - ".weight".length()), (int) file.shape(name)[1], (int)
                                    file.shape(name)[0]))
                    .sorted(Comparator.comparing(Linear::path))
                    .toList();
        }
    }
}
