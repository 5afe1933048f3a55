package io.millrace.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.trainer.Reference;
import io.millrace.trainer.SmolLm2;
import io.millrace.trainer.TestDevice;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The real model, against what transformers computes from the same file; {@code make_smollm2.py} says what each field is. */
class SmolLm2ReferenceTest {
    private static final int END_OF_TURN = 2;

    private static JsonNode reference;
    private static BaseModel model;

    @BeforeAll
    static void load() throws IOException {
        reference = new ObjectMapper()
                .readTree(Reference.other("smollm2/smollm2.json").toFile());
        model = load(FloatType.FLOAT32);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void float32Losses_areThoseOfTransformers() {
        List<ExampleLoss> losses = losses(model);
        for (int i = 0; i < losses.size(); i++) {
            assertThat(losses.get(i).mean()).isCloseTo(expectedLoss(i), within(1e-4));
        }
    }

    /** Of all tokens together: logits of 16 to 32 lie 1/8 apart in bfloat16, so that a few tokens alone tell little. */
    @Test
    void bfloat16Losses_areNearThoseOfTransformers() {
        try (BaseModel rounded = load(FloatType.BFLOAT16)) {
            List<ExampleLoss> losses = losses(rounded);
            double found = 0;
            double expected = 0;
            double tokens = 0;
            for (int i = 0; i < losses.size(); i++) {
                found += losses.get(i).sum();
                expected += expectedLoss(i) * losses.get(i).tokens();
                tokens += losses.get(i).tokens();
            }
            assertThat(found / tokens).isCloseTo(expected / tokens, within(0.05));
        }
    }

    @Test
    void likeliestTokens_haveTheLogitsOfTransformers() {
        for (JsonNode top : reference.get("top")) {
            float[][] logits = Scorer.logits(model, Optional.empty(), prompt(top));
            float[] last = logits[logits.length - 1];
            for (JsonNode next : top.get("next")) {
                assertThat((double) last[next.get(0).intValue()])
                        .isCloseTo(next.get(1).doubleValue(), within(1e-2));
            }
        }
    }

    @Test
    void greedyContinuations_areThoseOfTransformers() {
        List<JsonNode> expected = StreamSupport.stream(reference.get("greedy").spliterator(), false)
                .toList();
        List<int[]> continuations = GreedyDecoder.decode(
                model,
                Optional.empty(),
                expected.stream()
                        .map(greedy -> new GreedyDecoder.Prompt(prompt(greedy), 40))
                        .toList(),
                Set.of(END_OF_TURN));
        for (int i = 0; i < expected.size(); i++) {
            assertThat(continuations.get(i))
                    .containsExactly(ints(expected.get(i).get("ids")));
        }
    }

    private static BaseModel load(FloatType type) {
        try (ModelFiles files = ModelFiles.open(SmolLm2.file())) {
            return BaseModel.load(files.config(), files.weights(), type, LinearStorage.DENSE, TestDevice.get());
        }
    }

    private static List<ExampleLoss> losses(BaseModel model) {
        List<Sequence> sequences = new ArrayList<>();
        for (JsonNode example : reference.get("losses")) {
            int[] ids = ints(example.get("ids"));
            float[] weights = new float[ids.length];
            for (int position : ints(example.get("trained"))) {
                weights[position] = 1;
            }
            sequences.add(new Sequence(ids, weights));
        }
        return Scorer.losses(model, Optional.empty(), sequences);
    }

    private static double expectedLoss(int example) {
        return reference.at("/losses/" + example + "/loss").doubleValue();
    }

    /** The ids of the chat with the same messages. */
    private static int[] prompt(JsonNode example) {
        return StreamSupport.stream(reference.get("chats").spliterator(), false)
                .filter(chat -> chat.get("messages").equals(example.get("messages")))
                .map(chat -> ints(chat.get("ids")))
                .findFirst()
                .orElseThrow();
    }

    private static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToInt(JsonNode::intValue)
                .toArray();
    }
}
