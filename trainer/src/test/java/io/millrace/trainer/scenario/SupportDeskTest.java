package io.millrace.trainer.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.trainer.SmolLm2;
import io.millrace.trainer.TestDevice;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelFiles;
import io.millrace.trainer.model.Precision;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.pipeline.Creation;
import io.millrace.trainer.pipeline.OnlineTrainer;
import io.millrace.trainer.pipeline.TrainerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the gate lets through, on the real model and the examples of the demo. */
class SupportDeskTest {
    private static final Path EXAMPLES = Path.of("..", "examples", "support-desk");
    private static final AdapterName ADAPTER = AdapterName.parse("tenants/t/adapters/desk");
    /** By default about ten of a change's examples are held out, on which one run in twenty can't tell it from chance. */
    private static final String CONFIG = "{\"holdout_share\": 0.2}";

    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path directory;

    @Test
    @Timeout(value = 25, unit = TimeUnit.MINUTES)
    void shuffledAnswersPublishNothing_aPolicyChangeDoes() throws IOException {
        try (Base base = load();
                OnlineTrainer trainer =
                        OnlineTrainer.open(directory, base, TrainerSettings.DEFAULT, Clock.systemUTC())) {
            assertThat(trainer.create(ADAPTER, CONFIG, Map.of(), Optional.empty(), false)
                            .block())
                    .isInstanceOf(Creation.Done.class);
            stream(trainer, "answers", "stream.jsonl");
            long good = latest(trainer);
            assertThat(good).isGreaterThanOrEqualTo(2);
            assertThat(holdoutLoss(trainer, good)).isLessThan(0.5);

            stream(trainer, "shuffled", "shuffled.jsonl");
            assertThat(latest(trainer)).as("shuffled answers publish nothing").isEqualTo(good);

            trainer.rollback(ADAPTER, good).block();
            assertThat(latest(trainer)).isEqualTo(good + 1);
            stream(trainer, "changes", "policy-change.jsonl");
            assertThat(latest(trainer)).as("a policy change is published").isGreaterThan(good + 1);
        }
    }

    private static Base load() {
        try (ModelFiles files = ModelFiles.open(SmolLm2.file())) {
            return Base.load(
                    files,
                    "HuggingFaceTB/SmolLM2-135M-Instruct",
                    Precision.auto(TestDevice.get()),
                    LinearStorage.DENSE,
                    TestDevice.get());
        }
    }

    /** Appends a file's chats and waits until each is settled, and the idle trainer has judged. */
    private static void stream(OnlineTrainer trainer, String name, String file) throws IOException {
        StreamName stream = new StreamName(ADAPTER, name);
        List<Example> examples = new ArrayList<>();
        for (String line : Files.readAllLines(EXAMPLES.resolve(file))) {
            List<ChatMessage> messages = new ArrayList<>();
            for (JsonNode message : JSON.readTree(line).get("messages")) {
                messages.add(ChatMessage.of(
                        message.get("role").asText(), message.get("content").asText()));
            }
            examples.add(Example.of(Chat.of(messages.toArray(ChatMessage[]::new))));
        }
        trainer.log().open(stream).block();
        trainer.log().append(stream, 0, examples).block();
        trainer.commits(ADAPTER)
                .filter(commit -> {
                    StreamProgress progress = commit.streams().get(stream);
                    return progress != null && progress.trainedThrough() == examples.size();
                })
                .blockFirst(PATIENCE);
    }

    private static long latest(OnlineTrainer trainer) {
        return trainer.revisions().latest(ADAPTER).orElseThrow().number();
    }

    private static double holdoutLoss(OnlineTrainer trainer, long revision) {
        Map<String, Double> metrics = trainer.revisions()
                .get(ADAPTER, revision)
                .orElseThrow()
                .manifest()
                .metrics();
        return metrics.getOrDefault("holdout_loss", Double.NaN);
    }
}
