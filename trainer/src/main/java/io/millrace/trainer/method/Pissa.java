package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.peft.LoraConfig;
import io.millrace.trainer.peft.LoraConfigJson;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.LoraModules;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * PiSSA (https://arxiv.org/abs/2404.02948): LoRA that starts from the weight's largest singular vectors. The model's weights stay
 * as they are: what A and B start with is taken off what they give, W + scale (B A − B₀ A₀). So it is LoRA of twice the rank, in
 * which A stands above A₀, B beside −B₀, and A₀ and B₀ aren't trained; files hold that, and are read as LoRA.
 */
public final class Pissa implements Method {
    private static final String NAME = "pissa";
    private static final int HIGHEST_RANK = 512;

    /** @param lora its settings are LoRA's, but for dropout */
    record Config(LoraConfig lora) implements MethodConfig {
        Config {
            if (lora.dropout() > 0) {
                throw new IllegalArgumentException(
                        "dropout is %s; PiSSA is trained without it: leave it out, or choose lora"
                                .formatted(lora.dropout()));
            }
            checkRank(lora.rank());
            lora.rankPattern().values().forEach(Config::checkRank);
        }

        private static void checkRank(int rank) {
            if (rank > HIGHEST_RANK) {
                throw new IllegalArgumentException(
                        "rank is %d; PiSSA's, of which twice as much is LoRA's, must be 1 to %d"
                                .formatted(rank, HIGHEST_RANK));
            }
        }

        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            return LoraConfigJson.json(lora).put("method", NAME);
        }

        @Override
        public Adaptation on(Host host) {
            BaseModel model = host.model();
            LoraConfig twice = twice();
            List<LoraModule> modules = LoraModules.resolve(twice, model.linears());
            for (LoraModule module : modules) {
                int most = Math.min(module.inputs(), module.outputs());
                if (module.rank() / 2 > most) {
                    throw new IllegalArgumentException("rank is %d; %s has only %d singular values"
                            .formatted(module.rank() / 2, module.path(), most));
                }
            }
            return new Adapted(model, new Lora.Adapted(twice, modules, model.linears()));
        }

        /** LoRA of twice the rank and the same scale. */
        private LoraConfig twice() {
            double factor = lora.rankStabilised() ? Math.sqrt(2) : 2;
            Map<String, Integer> ranks = new TreeMap<>();
            lora.rankPattern().forEach((pattern, rank) -> ranks.put(pattern, 2 * rank));
            Map<String, Double> alphas = new TreeMap<>();
            lora.alphaPattern().forEach((pattern, alpha) -> alphas.put(pattern, factor * alpha));
            return new LoraConfig(
                    2 * lora.rank(), factor * lora.alpha(), 0, lora.targets(), ranks, alphas, lora.rankStabilised());
        }
    }

    @Override
    public Traits traits() {
        return new Traits(
                        NAME,
                        1e-3,
                        "LoRA that starts from the weights' main directions: learns soonest, forgets more; files are twice as large")
                .merging()
                .savingModules();
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return new Config(LoraConfigJson.parse(fields.rest()));
    }

    /** What it writes is LoRA. */
    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        return Optional.empty();
    }

    private record Adapted(BaseModel model, Lora.Adapted lora) implements Adaptation {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public TrainedTensors trained() {
            return lora.trained();
        }

        @Override
        public Optional<List<LoraModule>> plainLora() {
            return lora.plainLora();
        }

        @Override
        public int startOfFasterValues() {
            return lora.startOfFasterValues();
        }

        @Override
        public Map<String, Double> settings() {
            return lora.settings();
        }

        @Override
        public Optional<FloatBuffer> changing() {
            FloatBuffer mask = FloatBuffer.allocate(trained().layout().size());
            for (ParameterLayout.Parameter parameter : trained().layout().parameters()) {
                int rows = parameter.shape().get(0);
                int columns = parameter.shape().get(1);
                boolean isA = parameter.offset() < startOfFasterValues();
                for (int row = 0; row < rows; row++) {
                    for (int column = 0; column < columns; column++) {
                        mask.put((isA ? row < rows / 2 : column < columns / 2) ? 1 : 0);
                    }
                }
            }
            return Optional.of(mask.flip());
        }

        @Override
        public void initialise(long seed, FloatBuffer into) {
            SplittableRandom random = new SplittableRandom(seed);
            FloatBuffer a = into.slice();
            FloatBuffer b = into.slice(
                    into.position() + startOfFasterValues(), trained().layout().size() - startOfFasterValues());
            for (LoraModule module : lora.modules()) {
                SingularVectors vectors = SingularVectors.of(model, linear(module), module.rank() / 2, random.split());
                putA(vectors, module, a);
                putB(vectors, module, b);
            }
            into.position(into.position() + trained().layout().size());
        }

        private Linear linear(LoraModule module) {
            return model.linears().stream()
                    .filter(linear -> linear.path().equals(module.path()))
                    .findFirst()
                    .orElseThrow();
        }

        /** √(S/scale) V, twice. */
        private static void putA(SingularVectors vectors, LoraModule module, FloatBuffer into) {
            for (int row = 0; row < module.rank(); row++) {
                int k = row % (module.rank() / 2);
                for (int column = 0; column < module.inputs(); column++) {
                    into.put((float) (root(vectors, k, module) * vectors.right()[k * module.inputs() + column]));
                }
            }
        }

        /** U √(S/scale), and the same negated. */
        private static void putB(SingularVectors vectors, LoraModule module, FloatBuffer into) {
            int width = vectors.values().length;
            for (int row = 0; row < module.outputs(); row++) {
                for (int column = 0; column < module.rank(); column++) {
                    int k = column % (module.rank() / 2);
                    double value = root(vectors, k, module) * vectors.left()[row * width + k];
                    into.put((float) (column == k ? value : -value));
                }
            }
        }

        private static double root(SingularVectors vectors, int k, LoraModule module) {
            return Math.sqrt(vectors.values()[k] / module.scale());
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            return lora.configFile(baseModel);
        }
    }
}
