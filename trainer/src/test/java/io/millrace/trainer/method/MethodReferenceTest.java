package io.millrace.trainer.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.trainer.Floats;
import io.millrace.trainer.Reference;
import io.millrace.trainer.ReferenceModel;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.PeftFolder;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every method that PEFT knows, against the folders that PEFT saved and what it computes with them. */
class MethodReferenceTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    static Stream<Arguments> savedAdapters() {
        return Stream.of("tiny-llama", "tiny-llama3", "tiny-mistral", "tiny-qwen2", "tiny-qwen3", "tiny-gpt2")
                .flatMap(model -> Stream.of(
                                "lora",
                                "rslora",
                                "lora-rank-pattern",
                                "dora",
                                "ln_tuning",
                                "ia3",
                                "prompt_tuning",
                                "prefix_tuning",
                                "p_tuning")
                        .filter(adapter -> !(model.equals("tiny-gpt2") && adapter.equals("ln_tuning")))
                        .map(adapter -> Arguments.of(model, adapter)));
    }

    @ParameterizedTest
    @MethodSource("savedAdapters")
    void folderThatPeftSaved_givesItsLogitsAndLoss(String name, String adapter) {
        ReferenceModel reference = ReferenceModel.of(name);
        List<Sequence> sequences = reference.sequences();
        try (BaseModel model = reference.load(FloatType.FLOAT32)) {
            Optional<TrainedAdapter> read =
                    Optional.of(read(name, adapter, model).adapter());
            for (int b = 0; b < sequences.size(); b++) {
                float[][] expected = reference.logits(
                        "logits." + adapter, b, sequences.get(b).length());
                float[][] actual = Scorer.logits(model, read, sequences.get(b).ids());
                for (int i = 0; i < expected.length; i++) {
                    assertThat(actual[i]).containsExactly(expected[i], within(1e-4f));
                }
            }
            // PEFT's loss for LoRA itself was noted under another name
            Optional.ofNullable(reference.json().get("loss.adapters").get(adapter))
                    .ifPresent(loss -> assertThat(mean(Scorer.losses(model, read, sequences)))
                            .isCloseTo(loss.doubleValue(), within(1e-5)));
        }
    }

    private static double mean(List<ExampleLoss> losses) {
        return losses.stream().mapToDouble(ExampleLoss::sum).sum()
                / losses.stream().mapToDouble(ExampleLoss::weight).sum();
    }

    @ParameterizedTest
    @MethodSource("savedAdapters")
    void writtenAgain_itSaysWhatPeftSaid(String name, String adapter) throws IOException {
        try (BaseModel model = ReferenceModel.of(name).load(FloatType.FLOAT32)) {
            AdapterFolder read = read(name, adapter, model);
            Adaptation adaptation = read.adapter().adaptation();
            Path config = folder.resolve(PeftFolder.CONFIG_FILE);
            Files.write(config, adaptation.configFile(Optional.of(name)));
            Path saved = Reference.model(name).resolve("adapters").resolve(adapter);
            assertThat(JSON.readTree(config.toFile()).properties().stream().map(field -> field.getKey()))
                    .isEqualTo(
                            JSON.readTree(saved.resolve(PeftFolder.CONFIG_FILE).toFile()).properties().stream()
                                    .map(field -> field.getKey())
                                    .toList());
            try (FileChannel out = FileChannel.open(
                    folder.resolve(PeftFolder.WEIGHTS_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                AdapterFolder.writeWeights(read.adapter(), out);
            }
            AdapterFolder again = AdapterFolder.read(folder, host(model));
            assertThat(again.config().json()).isEqualTo(read.config().json());
            assertThat(exported(again.adapter())).isEqualTo(exported(read.adapter()));
            FloatBuffer theirs = FloatBuffer.allocate(adaptation.exported().size());
            PeftFolder.readWeights(saved.resolve(PeftFolder.WEIGHTS_FILE), adaptation.exported(), theirs);
            assertThat(exported(read.adapter())).isEqualTo(theirs.array());
        }
    }

    private static float[] exported(TrainedAdapter adapter) {
        AdapterWeights exported = adapter.adaptation().export(adapter.weights());
        return Floats.of(exported);
    }

    private static AdapterFolder read(String name, String adapter, BaseModel model) {
        return AdapterFolder.read(Reference.model(name).resolve("adapters").resolve(adapter), host(model));
    }

    private static Host host(BaseModel model) {
        return new Host(model, text -> new int[0]);
    }
}
