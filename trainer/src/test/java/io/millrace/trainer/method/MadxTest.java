package io.millrace.trainer.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MadxTest {
    private static final ModelConfig SHAPE = TinyModel.plain();
    private static final int WIDTH = SHAPE.hiddenSize();

    /**
     * In a model whose blocks do nothing and whose last norm finds vectors of length √d, embeddings go through NICE and straight
     * back. They are chosen so that NICE makes such vectors of them, by its formulas written out here.
     */
    @Test
    void whatNiceMakesOfEmbeddings_isUndoneBeforeTheOutputProjection() throws IOException {
        float[] weights = new float[0];
        float[] embedding = new float[SHAPE.vocabularySize() * WIDTH];
        Random random = new Random(3);
        try (BaseModel any = TinyModel.load(SHAPE, FloatType.FLOAT32)) {
            ParameterLayout layout = adaptation(any).trained().layout();
            weights = new float[layout.size()];
            for (ParameterLayout.Parameter parameter : layout.parameters()) {
                if (parameter.name().contains("invertible")) {
                    for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
                        weights[i] = (float) (0.3 * random.nextGaussian());
                    }
                }
            }
            for (int token = 0; token < SHAPE.vocabularySize(); token++) {
                double[] x = undone(ofLengthRootOfWidth(random), new AdapterWeights(layout, weights));
                for (int i = 0; i < WIDTH; i++) {
                    embedding[token * WIDTH + i] = (float) x[i];
                }
            }
        }
        try (BaseModel model = TinyModel.load(SHAPE, FloatType.FLOAT32, transparent(embedding))) {
            Adaptation adaptation = adaptation(model);
            int[] ids = {5, 100, 7};
            float[][] logits = Scorer.logits(
                    model,
                    Optional.of(new TrainedAdapter(
                            adaptation, new AdapterWeights(adaptation.trained().layout(), weights))),
                    ids);
            for (int i = 0; i < ids.length; i++) {
                for (int token = 0; token < SHAPE.vocabularySize(); token++) {
                    double expected = 0;
                    for (int d = 0; d < WIDTH; d++) {
                        expected += (double) embedding[ids[i] * WIDTH + d] * embedding[token * WIDTH + d];
                    }
                    assertThat((double) logits[i][token]).isCloseTo(expected, within(2e-3));
                }
            }
        }
    }

    private static Adaptation adaptation(BaseModel model) throws IOException {
        ObjectNode config = (ObjectNode) new ObjectMapper().readTree("{\"method\": \"madx\"}");
        return Methods.configure(config).on(new Host(model, text -> new int[0]));
    }

    private static Map<String, float[]> transparent(float[] embedding) {
        Map<String, float[]> replaced = new HashMap<>();
        replaced.put("model.embed_tokens.weight", embedding);
        float[] ones = new float[WIDTH];
        Arrays.fill(ones, 1);
        replaced.put("model.norm.weight", ones);
        for (int layer = 0; layer < SHAPE.layers(); layer++) {
            String block = SHAPE.block(layer);
            replaced.put(block + ".self_attn.o_proj.weight", new float[SHAPE.heads() * SHAPE.headSize() * WIDTH]);
            replaced.put(block + ".mlp.down_proj.weight", new float[SHAPE.intermediateSize() * WIDTH]);
        }
        return replaced;
    }

    private static double[] ofLengthRootOfWidth(Random random) {
        double[] y = random.doubles(WIDTH, -1, 1).toArray();
        double length = Math.sqrt(Arrays.stream(y).map(v -> v * v).sum() / WIDTH);
        return Arrays.stream(y).map(v -> v / length).toArray();
    }

    /** x2 = y2 - G(y1), x1 = y1 - F(x2). */
    private static double[] undone(double[] y, AdapterWeights weights) {
        int half = WIDTH / 2;
        double[] first = Arrays.copyOf(y, half);
        double[] second = Arrays.copyOfRange(y, half, WIDTH);
        double[] g = coupling("G", first, weights);
        for (int i = 0; i < half; i++) {
            second[i] -= g[i];
        }
        double[] f = coupling("F", second, weights);
        double[] x = new double[WIDTH];
        for (int i = 0; i < half; i++) {
            x[i] = first[i] - f[i];
            x[half + i] = second[i];
        }
        return x;
    }

    private static double[] coupling(String name, double[] x, AdapterWeights weights) {
        String own = "model.invertible_adapters.language." + name + ".";
        double[] z = Arrays.stream(linear(own + "0", x, weights))
                .map(value -> Math.max(0, value))
                .toArray();
        return linear(own + "2", z, weights);
    }

    private static double[] linear(String name, double[] x, AdapterWeights weights) {
        var weight = weights.values(weights.layout().parameter(name + ".weight"));
        var bias = weights.values(weights.layout().parameter(name + ".bias"));
        double[] y = new double[bias.remaining()];
        for (int row = 0; row < y.length; row++) {
            y[row] = bias.get(row);
            for (int column = 0; column < x.length; column++) {
                y[row] += weight.get(row * x.length + column) * x[column];
            }
        }
        return y;
    }
}
