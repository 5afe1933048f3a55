package io.millrace.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.ReferenceModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.method.Lora;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.peft.LoraAdapter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against transformers and peft. */
class ScorerReferenceTest {
    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-llama3", "tiny-mistral", "tiny-qwen2", "tiny-qwen3", "tiny-gpt2"})
    void baseModel_givesTheLogitsAndLossesOfTransformers(String name) {
        ReferenceModel reference = ReferenceModel.of(name);
        List<Sequence> sequences = reference.sequences();
        try (BaseModel model = reference.load(FloatType.FLOAT32)) {
            assertLogits(reference, "logits.base", model, Optional.empty());
            List<ExampleLoss> losses = Scorer.losses(model, Optional.empty(), sequences);
            for (int i = 0; i < losses.size(); i++) {
                assertThat(losses.get(i).tokens())
                        .isEqualTo(reference
                                .json()
                                .get("trained_tokens_per_sequence")
                                .get(i)
                                .intValue());
                assertThat(losses.get(i).mean())
                        .isCloseTo(
                                reference
                                                .json()
                                                .get("loss.sum_per_sequence")
                                                .get(i)
                                                .doubleValue()
                                        / losses.get(i).tokens(),
                                within(1e-5));
            }
            assertThat(losses.stream().mapToDouble(ExampleLoss::sum).sum()
                            / losses.stream().mapToDouble(ExampleLoss::weight).sum())
                    .isCloseTo(reference.json().get("loss.base").doubleValue(), within(1e-5));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tiny-llama,lora", "tiny-llama,rslora", "tiny-llama,lora-rank-pattern",
        "tiny-llama3,lora", "tiny-llama3,rslora", "tiny-llama3,lora-rank-pattern",
        "tiny-mistral,lora", "tiny-mistral,rslora", "tiny-mistral,lora-rank-pattern",
        "tiny-qwen2,lora", "tiny-qwen2,rslora", "tiny-qwen2,lora-rank-pattern",
        "tiny-qwen3,lora", "tiny-qwen3,rslora", "tiny-qwen3,lora-rank-pattern",
        "tiny-gpt2,lora", "tiny-gpt2,rslora", "tiny-gpt2,lora-rank-pattern"
    })
    void adapterOfPeft_givesItsLogits(String name, String adapter) {
        ReferenceModel reference = ReferenceModel.of(name);
        try (BaseModel model = reference.load(FloatType.FLOAT32)) {
            LoraAdapter lora = reference.saved(model, adapter);
            assertLogits(reference, "logits." + adapter, model, Optional.of(Lora.adapter(model.linears(), lora)));
        }
    }

    private static void assertLogits(
            ReferenceModel reference, String tensor, BaseModel model, Optional<TrainedAdapter> adapter) {
        List<Sequence> sequences = reference.sequences();
        for (int b = 0; b < sequences.size(); b++) {
            float[][] expected = reference.logits(tensor, b, sequences.get(b).length());
            float[][] actual = Scorer.logits(model, adapter, sequences.get(b).ids());
            for (int i = 0; i < expected.length; i++) {
                assertThat(actual[i]).containsExactly(expected[i], within(1e-4f));
            }
        }
    }
}
