package io.millrace.trainer.peft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.trainer.Floats;
import io.millrace.trainer.Reference;
import io.millrace.trainer.ReferenceModel;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.method.Lora;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.SafetensorsWriter;
import io.millrace.trainer.step.AdapterLearner;
import io.millrace.trainer.step.StepSettings;
import io.millrace.trainer.step.TrainingState;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Trains an adapter by every config of {@code reference/peft/configs.json} on every model of the fixtures, and writes each as a
 * PEFT folder, with the logits that Millrace computes, into the folder that the system property {@code millrace.peft} names.
 * {@code check_peft.py} then has PEFT load them. By its name it is run only when asked for.
 */
class PeftExport {
    @Test
    void everyConfig_onEveryModel() throws IOException {
        String property = System.getProperty("millrace.peft");
        if (property == null) {
            throw new IllegalStateException("-Dmillrace.peft=DIR has to say where to write");
        }
        write(Path.of(property));
    }

    static void write(Path folder) throws IOException {
        JsonNode configs =
                new ObjectMapper().readTree(Files.readString(Reference.copy().resolve("peft/configs.json")));
        for (String name :
                List.of("tiny-llama", "tiny-llama3", "tiny-mistral", "tiny-qwen2", "tiny-qwen3", "tiny-gpt2")) {
            ReferenceModel reference = ReferenceModel.of(name);
            try (BaseModel model = reference.load(FloatType.FLOAT32)) {
                for (Map.Entry<String, JsonNode> entry : configs.properties()) {
                    if (!isFor(entry.getValue(), model.config().isGpt2())) {
                        continue;
                    }
                    LoraConfig config = LoraConfigJson.parse(entry.getValue().get("config"));
                    PeftFolder adapter = train(reference, model, name, config);
                    Path written = folder.resolve(name).resolve(entry.getKey());
                    adapter.write(written);
                    writeLogits(reference, model, adapter, written);
                }
            }
        }
    }

    /** GPT-2's linears have names of their own. */
    private static boolean isFor(JsonNode entry, boolean gpt2) {
        boolean named =
                entry.get("config").has("target_modules") || entry.get("config").has("rank_pattern");
        return gpt2 ? !named || entry.has("model_type") : !entry.has("model_type");
    }

    private static PeftFolder train(ReferenceModel reference, BaseModel model, String name, LoraConfig config) {
        var modules = LoraModules.resolve(config, model.linears());
        TrainingState state = TrainingState.start(InitialWeights.of(modules, 1), 0);
        try (AdapterLearner learner =
                AdapterLearner.start(model, new Lora.Adapted(config, modules, model.linears()), state)) {
            for (int step = 0; step < 3; step++) {
                learner.step(reference.sequences(), new StepSettings(0.02, 1, 0, 1, 4096, 0, step));
            }
            AdapterWeights trained = learner.state().weights();
            AdapterWeights kept = new AdapterWeights(trained.layout(), Floats.of(trained));
            return new PeftFolder(config, Optional.of(name), modules, kept);
        }
    }

    /** Of the first sequence. */
    private static void writeLogits(ReferenceModel reference, BaseModel model, PeftFolder adapter, Path folder)
            throws IOException {
        TrainedAdapter lora = Lora.adapter(model.linears(), new LoraAdapter(adapter.modules(), adapter.weights()));
        int[] ids = reference.sequences().get(0).ids();
        float[][] logits = Scorer.logits(model, Optional.of(lora), ids);
        FloatBuffer values = FloatBuffer.allocate(logits.length * logits[0].length);
        for (float[] row : logits) {
            values.put(row);
        }
        var tensor = new SafetensorsWriter.Tensor(new long[] {logits.length, logits[0].length}, values.flip());
        SafetensorsWriter.write(folder.resolve("logits.safetensors"), Map.of("logits", tensor));
    }
}
