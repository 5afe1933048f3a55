package io.millrace.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.trainer.ReferenceModel;
import io.millrace.trainer.method.Lora;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GreedyDecoderReferenceTest {
    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-llama3", "tiny-mistral", "tiny-qwen2", "tiny-qwen3", "tiny-gpt2"})
    void baseModel_continuesAsTransformersDoes(String name) {
        ReferenceModel reference = ReferenceModel.of(name);
        int[] prompt = ints(reference.json().at("/greedy/prompt"));
        int[] continuation = ints(reference.json().at("/greedy/continuation"));
        try (BaseModel model = reference.load(FloatType.FLOAT32)) {
            assertThat(decode(model, Optional.empty(), prompt, continuation.length, Set.of()))
                    .containsExactly(continuation);
        }
    }

    /** What is decoded step by step has to be what the logits of the whole text say. */
    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-llama3", "tiny-mistral", "tiny-qwen2", "tiny-qwen3", "tiny-gpt2"})
    void adapterOfPeft_continuesAsItsLogitsSay(String name) {
        ReferenceModel reference = ReferenceModel.of(name);
        int[] prompt = ints(reference.json().at("/greedy/prompt"));
        try (BaseModel model = reference.load(FloatType.FLOAT32)) {
            Optional<TrainedAdapter> adapter =
                    Optional.of(Lora.adapter(model.linears(), reference.saved(model, "lora")));
            int[] continuation = decode(model, adapter, prompt, 16, Set.of());
            int[] text = IntStream.concat(Arrays.stream(prompt), Arrays.stream(continuation))
                    .toArray();
            float[][] logits = Scorer.logits(model, adapter, text);
            assertThat(continuation).hasSize(16);
            for (int i = prompt.length; i < text.length; i++) {
                assertThat(text[i]).isEqualTo(argmax(logits[i - 1]));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama"})
    void stopToken_endsTheContinuationAndIsNotPartOfIt(String name) {
        ReferenceModel reference = ReferenceModel.of(name);
        int[] prompt = ints(reference.json().at("/greedy/prompt"));
        int[] continuation = ints(reference.json().at("/greedy/continuation"));
        int stop = continuation[continuation.length - 1];
        int[] untilStop =
                Arrays.stream(continuation).takeWhile(id -> id != stop).toArray();
        try (BaseModel model = reference.load(FloatType.FLOAT32)) {
            assertThat(decode(model, Optional.empty(), prompt, 100, Set.of(stop)))
                    .containsExactly(untilStop);
        }
    }

    static Stream<Arguments> modelsAndSharedTokens() {
        return Stream.of("tiny-llama", "tiny-llama3", "tiny-mistral", "tiny-qwen2", "tiny-qwen3", "tiny-gpt2")
                .flatMap(name -> Stream.of(Arguments.of(name, 0), Arguments.of(name, 11)));
    }

    /** Prompts of all lengths, some of which end early, have to be continued as each alone is. */
    @ParameterizedTest
    @MethodSource("modelsAndSharedTokens")
    void manyPrompts_areContinuedAsEachAlone(String name, int shared) {
        ReferenceModel reference = ReferenceModel.of(name);
        int[] text = ints(reference.json().at("/greedy/prompt"));
        try (BaseModel model = reference.load(FloatType.FLOAT32)) {
            Optional<TrainedAdapter> adapter =
                    Optional.of(Lora.adapter(model.linears(), reference.saved(model, "lora")));
            List<GreedyDecoder.Prompt> prompts = IntStream.rangeClosed(1, 24)
                    .mapToObj(i -> new GreedyDecoder.Prompt(
                            IntStream.rangeClosed(-shared, i * 13 % 40)
                                    .map(place -> text[Math.floorMod(place < 0 ? place : i + place, text.length)])
                                    .toArray(),
                            i * 7 % 20))
                    .toList();
            List<int[]> unstopped = GreedyDecoder.decode(model, adapter, prompts, Set.of());
            Set<Integer> stop = Set.of(unstopped.get(0)[2]);
            List<int[]> together = GreedyDecoder.decode(model, adapter, prompts, stop);
            assertThat(together).hasSameSizeAs(prompts);
            assertThat(together.get(0)).hasSizeLessThanOrEqualTo(2);
            for (int i = 0; i < prompts.size(); i++) {
                GreedyDecoder.Prompt prompt = prompts.get(i);
                assertThat(unstopped.get(i)).as("prompt %d", i).hasSize(prompt.maxNewTokens());
                assertThat(together.get(i))
                        .as("prompt %d", i)
                        .containsExactly(decode(model, adapter, prompt.ids(), prompt.maxNewTokens(), stop));
            }
        }
    }

    private static int[] decode(
            BaseModel model, Optional<TrainedAdapter> adapter, int[] prompt, int maxNewTokens, Set<Integer> stop) {
        return GreedyDecoder.decode(model, adapter, List.of(new GreedyDecoder.Prompt(prompt, maxNewTokens)), stop)
                .get(0);
    }

    private static int argmax(float[] values) {
        return IntStream.range(0, values.length)
                .reduce((best, i) -> values[i] > values[best] ? i : best)
                .orElseThrow();
    }

    private static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToInt(JsonNode::intValue)
                .toArray();
    }
}
