package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;
import java.util.List;
import java.util.Optional;

/**
 * A part of the adapters, in the order of their names.
 *
 * @param next what the next page comes after; absent on the last one
 */
public record AdapterPage(List<Adapter> adapters, Optional<AdapterName> next) {
    public AdapterPage {
        adapters = List.copyOf(adapters);
    }
}
