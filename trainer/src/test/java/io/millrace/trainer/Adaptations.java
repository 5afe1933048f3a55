package io.millrace.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.Host;
import io.millrace.trainer.method.MethodConfig;
import io.millrace.trainer.method.Methods;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.peft.AdapterWeights;
import java.nio.FloatBuffer;
import java.util.Random;

/** Methods on small models, and weights for them. */
public final class Adaptations {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Adaptations() {}

    /** @param config a JSON object */
    public static MethodConfig config(String config) {
        try {
            return Methods.configure((ObjectNode) JSON.readTree(config));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(config, e);
        }
    }

    /** On a model whose tokenizer takes characters. */
    public static Adaptation of(BaseModel model, String config) {
        return config(config)
                .on(new Host(
                        model,
                        text -> text.chars().map(c -> c % TinyModel.VOCABULARY).toArray()));
    }

    public static AdapterWeights initial(Adaptation adaptation, long seed) {
        FloatBuffer values = FloatBuffer.allocate(adaptation.trained().layout().size());
        adaptation.initialise(seed, values);
        return new AdapterWeights(adaptation.trained().layout(), values.array());
    }

    /** Away from the start, where much is zero. */
    public static AdapterWeights somewhere(Adaptation adaptation) {
        Random random = new Random(11);
        float[] values = Floats.of(initial(adaptation, 1));
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (0.1 * random.nextGaussian());
        }
        return new AdapterWeights(adaptation.trained().layout(), values);
    }
}
