package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import io.millrace.trainer.peft.PeftFolder;
import io.millrace.trainer.peft.PeftFormatException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An adapter of any method as a folder: {@code adapter_config.json} and {@code adapter_model.safetensors}, which PEFT loads
 * if it knows the method.
 */
public record AdapterFolder(MethodConfig config, TrainedAdapter adapter) {
    /** What the file doesn't hold starts from this: nothing that is computed depends on it. */
    private static final long SEED = 0;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** @throws PeftFormatException if a file is absent or damaged, asks for what Millrace can't do, or doesn't fit the model */
    public static AdapterFolder read(Path folder, Host host) {
        Path configFile = folder.resolve(PeftFolder.CONFIG_FILE);
        MethodConfig config;
        Adaptation adaptation;
        try {
            config = Methods.read(object(Files.readAllBytes(configFile)));
            adaptation = config.on(host);
        } catch (IOException e) {
            throw new PeftFormatException(configFile, "can't be read: " + e, e);
        } catch (IllegalArgumentException e) {
            throw new PeftFormatException(configFile, String.valueOf(e.getMessage()), e);
        }
        Path weightsFile = folder.resolve(PeftFolder.WEIGHTS_FILE);
        if (!Files.exists(weightsFile)) {
            throw new PeftFormatException(
                    weightsFile, "is absent; save the adapter with safetensors (PEFT's safe_serialization=True)");
        }
        ParameterLayout layout = adaptation.trained().layout();
        float[] values = new float[layout.size()];
        readWeights(weightsFile, adaptation, FloatBuffer.wrap(values));
        return new AdapterFolder(config, new TrainedAdapter(adaptation, new AdapterWeights(layout, values)));
    }

    private static ObjectNode object(byte[] bytes) {
        try {
            JsonNode json = JSON.readTree(bytes);
            if (json instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("it is not JSON: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException("it is not a JSON object");
    }

    /**
     * Reads {@code adapter_model.safetensors}, under whatever name.
     *
     * @param into room for all values as the layout of what is trained says
     * @throws PeftFormatException if it is damaged or holds something else
     */
    public static void readWeights(Path path, Adaptation adaptation, FloatBuffer into) {
        ParameterLayout exported = adaptation.exported();
        if (exported.equals(adaptation.trained().layout())) {
            PeftFolder.readWeights(path, exported, into);
            return;
        }
        FloatBuffer file = FloatBuffer.allocate(exported.size());
        PeftFolder.readWeights(path, exported, file);
        adaptation.restore(new AdapterWeights(exported, file.rewind()), SEED, into);
    }

    /** Streams the contents of {@code adapter_model.safetensors}, float32; the channel stays open. */
    public static void writeWeights(TrainedAdapter adapter, WritableByteChannel channel) throws IOException {
        PeftFolder.writeWeights(adapter.adaptation().export(adapter.weights()), channel);
    }
}
