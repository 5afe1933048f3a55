package io.millrace.server.bench;

import io.millrace.client.cli.BadDataException;
import io.millrace.trainer.pipeline.AdapterConfig;
import io.millrace.trainer.pipeline.AdapterConfigJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One way to train.
 *
 * @param json an adapter's config, in which all that is at its default may be left out
 */
record LearningSetting(String json) {
    /** The defaults, and what each of them is to be held against. */
    static List<LearningSetting> defaults() {
        return Stream.of(
                        "{}",
                        "{\"batch_sequences\": 4}",
                        "{\"loraplus_lr_ratio\": 1}",
                        "{\"learning_rate\": 0.002}",
                        "{\"replay_share\": 0}",
                        "{\"average_decay\": 0}")
                .map(LearningSetting::new)
                .toList();
    }

    /**
     * Reads one a line.
     *
     * @throws BadDataException if a line holds no valid config
     */
    static List<LearningSetting> read(Path file) throws IOException {
        List<LearningSetting> settings = new ArrayList<>();
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                settings.add(valid(lines.get(i).strip(), "%s line %d".formatted(file, i + 1)));
            }
        }
        if (settings.isEmpty()) {
            throw new BadDataException(file + " has no setting");
        }
        return settings;
    }

    private static LearningSetting valid(String json, String where) {
        try {
            AdapterConfigJson.parse(json);
            return new LearningSetting(json);
        } catch (IllegalArgumentException e) {
            throw new BadDataException(where + ": " + e.getMessage());
        }
    }

    AdapterConfig config() {
        return AdapterConfigJson.parse(json);
    }

    /** What differs from the defaults. */
    String name() {
        String fields = json.replaceAll("[{}\"]", "").replace(":", "").strip();
        return fields.isEmpty() ? "defaults" : fields;
    }
}
