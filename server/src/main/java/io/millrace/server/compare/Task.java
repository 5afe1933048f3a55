package io.millrace.server.compare;

import io.millrace.server.command.ExampleFile;
import io.millrace.trainer.example.Example;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What every method is given to learn, and what it is measured by.
 *
 * @param folder with {@code stream.jsonl}, streamed once; {@code paraphrases-before-change.jsonl}, never trained on; and
 *     {@code general.jsonl}, other text, to see what was forgotten
 * @param tokens after so many the stream ends, context and replayed examples included; 0: when it is used up
 */
record Task(Path folder, long tokens) {
    private static final String STREAM = "stream.jsonl";
    private static final String HOLDOUT = "paraphrases-before-change.jsonl";
    private static final String GENERAL = "general.jsonl";

    List<Example> stream() {
        return ExampleFile.read(folder.resolve(STREAM));
    }

    List<Example> holdout() {
        return ExampleFile.read(folder.resolve(HOLDOUT));
    }

    List<Example> general() {
        return ExampleFile.read(folder.resolve(GENERAL));
    }

    /** Equal for tasks that are the same, wherever their files lie. */
    String digest() throws IOException {
        return ExampleFile.digest(folder, List.of(STREAM, HOLDOUT, GENERAL)) + "-" + tokens;
    }
}
