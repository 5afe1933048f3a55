package io.millrace.server.bench;

import io.millrace.server.command.ExampleFile;
import io.millrace.trainer.example.Example;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What is learned, and what it is measured by.
 *
 * @param stream what is streamed first
 * @param change what is streamed then: some answers have changed
 * @param before questions never streamed, with the answers valid before the change
 * @param after the same with those valid after it
 * @param general ordinary questions, to see what was forgotten
 */
record LearningData(
        List<Example> stream, List<Example> change, List<Example> before, List<Example> after, List<Example> general) {
    private static final List<String> FILES = List.of(
            "stream.jsonl",
            "policy-change.jsonl",
            "paraphrases-before-change.jsonl",
            "paraphrases.jsonl",
            "general.jsonl");

    /** @throws io.millrace.client.cli.BadDataException if a file holds anything but examples */
    static LearningData read(Path folder) {
        List<List<Example>> read = FILES.stream()
                .map(file -> ExampleFile.read(folder.resolve(file)))
                .toList();
        return new LearningData(read.get(0), read.get(1), read.get(2), read.get(3), read.get(4));
    }

    /** Equal for the same data, wherever the folder lies. */
    static String digest(Path folder) throws IOException {
        return ExampleFile.digest(folder, FILES);
    }
}
