package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.Floats;
import io.millrace.trainer.ReferenceModel;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.SafetensorsWriter;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.NativeWeights;
import io.millrace.trainer.peft.PeftFolder;
import io.millrace.trainer.step.AdapterLearner;
import io.millrace.trainer.step.StepSettings;
import io.millrace.trainer.step.TrainingState;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Adapters of every method that PEFT has, trained for some steps and written with the logits that Millrace computes. */
final class PeftFolders {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CONFIGS = "/io/millrace/trainer/step/";

    private PeftFolders() {}

    /** Writes {@code folder/<model>/<adapter>} for some models that differ. */
    static void write(Path folder) throws IOException {
        for (String name : List.of("tiny-llama", "tiny-qwen3", "tiny-gpt2")) {
            ReferenceModel reference = ReferenceModel.of(name);
            try (BaseModel model = reference.load(FloatType.FLOAT32)) {
                List<ObjectNode> configs = configs(model.config().isGpt2() ? "configs-gpt2.json" : "configs.json");
                for (int i = 0; i < configs.size(); i++) {
                    MethodConfig config = Methods.configure(configs.get(i));
                    Adaptation adaptation = config.on(new Host(
                            model, text -> text.chars().map(c -> c % 200).toArray()));
                    if (isOfPeft(adaptation)) {
                        write(reference, model, adaptation, folder.resolve(name).resolve(i + "-" + config.method()));
                    }
                }
            }
        }
    }

    /** With the defaults of each method, then with what a file says. */
    private static List<ObjectNode> configs(String file) throws IOException {
        List<ObjectNode> configs = new ArrayList<>();
        for (String method : Methods.names()) {
            configs.add(JSON.createObjectNode().put("method", method));
        }
        for (JsonNode config : JSON.readTree(PeftFolders.class.getResource(CONFIGS + file))) {
            configs.add((ObjectNode) config);
        }
        return configs;
    }

    private static boolean isOfPeft(Adaptation adaptation) throws IOException {
        return JSON.readTree(adaptation.configFile(Optional.empty())).has("peft_type");
    }

    private static void write(ReferenceModel reference, BaseModel model, Adaptation adaptation, Path folder)
            throws IOException {
        TrainedAdapter adapter = new TrainedAdapter(adaptation, trained(reference, model, adaptation));
        Files.createDirectories(folder);
        Files.write(folder.resolve(PeftFolder.CONFIG_FILE), adaptation.configFile(Optional.empty()));
        try (FileChannel out = FileChannel.open(
                folder.resolve(PeftFolder.WEIGHTS_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            AdapterFolder.writeWeights(adapter, out);
        }
        float[][] logits = Scorer.logits(
                model, Optional.of(adapter), reference.sequences().get(0).ids());
        FloatBuffer values = FloatBuffer.allocate(logits.length * logits[0].length);
        for (float[] row : logits) {
            values.put(row);
        }
        SafetensorsWriter.write(
                folder.resolve("logits.safetensors"),
                Map.of(
                        "logits",
                        new SafetensorsWriter.Tensor(new long[] {logits.length, logits[0].length}, values.flip())));
    }

    private static AdapterWeights trained(ReferenceModel reference, BaseModel model, Adaptation adaptation) {
        try (NativeWeights start = new NativeWeights(model, adaptation.trained().layout())) {
            adaptation.initialise(1, start.memory());
            try (AdapterLearner learner =
                    AdapterLearner.start(model, adaptation, TrainingState.start(start.weights(), 0))) {
                for (int step = 0; step < 3; step++) {
                    learner.step(reference.sequences(), new StepSettings(0.02, 1, 0, 1, 4096, 0, step));
                }
                AdapterWeights weights = learner.state().weights();
                return new AdapterWeights(weights.layout(), Floats.of(weights));
            }
        }
    }
}
