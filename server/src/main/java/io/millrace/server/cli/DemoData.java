package io.millrace.server.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The files of a demo.
 *
 * @param stream what is streamed first
 * @param change what is streamed then: some answers have changed
 * @param paraphrases questions never streamed, with the answers valid at the end
 * @param paraphrasesBefore the same questions with the answers valid before the change
 * @param general ordinary questions, to see what was forgotten
 */
record DemoData(Path stream, Path change, Path paraphrases, Path paraphrasesBefore, Path general) {
    static DemoData in(Path folder) {
        return new DemoData(
                file(folder, "stream.jsonl"),
                file(folder, "policy-change.jsonl"),
                file(folder, "paraphrases.jsonl"),
                file(folder, "paraphrases-before-change.jsonl"),
                file(folder, "general.jsonl"));
    }

    private static Path file(Path folder, String name) {
        Path file = folder.resolve(name);
        if (Files.notExists(file)) {
            throw new IllegalArgumentException(
                    "%s is missing; name the folder of the examples with --examples".formatted(file));
        }
        return file;
    }
}
