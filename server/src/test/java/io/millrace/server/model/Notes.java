package io.millrace.server.model;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Keeps what a progress was told. */
final class Notes implements Progress {
    final List<String> notes = new ArrayList<>();
    final List<String> steps = new ArrayList<>();

    @Override
    public void at(String file, long bytes, OptionalLong total) {
        steps.add("%s %d/%s".formatted(file, bytes, total.isPresent() ? String.valueOf(total.getAsLong()) : "?"));
    }

    @Override
    public void note(String line) {
        notes.add(line);
    }
}
