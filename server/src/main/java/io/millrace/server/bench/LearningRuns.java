package io.millrace.server.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.client.cli.BadDataException;
import io.millrace.trainer.pipeline.AdapterConfigJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The file that keeps the runs of a sweep, a JSON object a line, so that one that was interrupted goes on. */
final class LearningRuns {
    private static final JsonMapper JSON = new JsonMapper();

    private final Path file;
    private final String conditions;
    private final List<Kept> all = new ArrayList<>();

    /**
     * A run.
     *
     * @param config the setting's, every default spelled out: one whose defaults have changed since is another
     */
    private record Kept(String conditions, String config, LearningCurve curve) {
        boolean isOf(LearningSetting setting, long seed, String otherConditions) {
            return curve.seed() == seed && conditions.equals(otherConditions) && config.equals(complete(setting));
        }
    }

    private LearningRuns(Path file, String conditions) {
        this.file = file;
        this.conditions = conditions;
    }

    /**
     * @param conditions what has to be alike, besides setting and seed, for a run to be the same
     * @throws BadDataException if a line is no run
     */
    static LearningRuns open(Path file, String conditions) throws IOException {
        LearningRuns runs = new LearningRuns(file, conditions);
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        for (int i = 0; i < lines.size(); i++) {
            try {
                runs.all.add(JSON.readValue(lines.get(i), Kept.class));
            } catch (JsonProcessingException e) {
                throw new BadDataException("%s line %d is no run of a sweep (%s); remove it"
                        .formatted(file, i + 1, e.getOriginalMessage()));
            }
        }
        return runs;
    }

    private static String complete(LearningSetting setting) {
        return AdapterConfigJson.print(setting.config());
    }

    /** The same run under the setting's own name. */
    Optional<LearningCurve> find(LearningSetting setting, long seed) {
        return all.stream()
                .filter(kept -> kept.isOf(setting, seed, conditions))
                .map(kept -> kept.curve().of(setting))
                .findFirst();
    }

    void add(LearningCurve curve) throws IOException {
        Kept kept = new Kept(conditions, complete(curve.setting()), curve);
        Files.writeString(
                file, JSON.writeValueAsString(kept) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        all.add(kept);
    }
}
