package io.millrace.server.bench;

import io.millrace.server.command.ExampleFile;
import io.millrace.trainer.example.Example;
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
    /** @throws io.millrace.client.cli.BadDataException if a file holds anything but examples */
    static LearningData read(Path folder) {
        return new LearningData(
                ExampleFile.read(folder.resolve("stream.jsonl")),
                ExampleFile.read(folder.resolve("policy-change.jsonl")),
                ExampleFile.read(folder.resolve("paraphrases-before-change.jsonl")),
                ExampleFile.read(folder.resolve("paraphrases.jsonl")),
                ExampleFile.read(folder.resolve("general.jsonl")));
    }
}
