package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.peft.LoraAdapter;
import io.millrace.trainer.peft.LoraConfig;
import io.millrace.trainer.peft.LoraConfigJson;
import io.millrace.trainer.peft.LoraInitialization;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.LoraModules;
import io.millrace.trainer.peft.PeftFolder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** LoRA and rsLoRA (https://arxiv.org/abs/2106.09685, https://arxiv.org/abs/2312.03732): y = W x + scale · B (A x). */
public final class Lora implements Method {
    private static final String NAME = "lora";

    /** LoRA's settings. */
    public record Config(LoraConfig lora) implements MethodConfig {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            return LoraConfigJson.json(lora);
        }

        @Override
        public Adapted on(Host host) {
            return new Adapted(
                    lora,
                    LoraModules.resolve(lora, host.model().linears()),
                    host.model().linears());
        }
    }

    @Override
    public Traits traits() {
        return new Traits(NAME, 1e-3, "the default: fast steps, no cost once merged, and everything loads it")
                .withFasterB(4)
                .warmedUpIn(3)
                .merging()
                .savingModules();
    }

    @Override
    public Config configure(ConfigFields fields) {
        return new Config(LoraConfigJson.parse(fields.rest()));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        return AdapterConfigFile.isOfPeftType(adapterConfig, "LORA")
                        && !adapterConfig.path("use_dora").asBoolean()
                ? Optional.of(new Config(
                        PeftFolder.readConfig(adapterConfig.toString().getBytes(StandardCharsets.UTF_8))))
                : Optional.empty();
    }

    /** An adapter, from its parts. */
    public static TrainedAdapter adapter(List<Linear> linears, LoraAdapter adapter) {
        return new TrainedAdapter(new Adapted(LoraConfig.DEFAULT, adapter.modules(), linears), adapter.weights());
    }

    /** LoRA on the linears of a model. */
    public static final class Adapted implements Adaptation {
        private final LoraConfig config;
        private final List<LoraModule> modules;
        private final TrainedTensors trained;
        private final Map<String, Double> scales = new LinkedHashMap<>();

        /**
         * @param modules what the config adapts
         * @param linears all of the model's
         */
        public Adapted(LoraConfig config, List<LoraModule> modules, List<Linear> linears) {
            this.config = config;
            this.modules = List.copyOf(modules);
            Map<String, String> keys = new LinkedHashMap<>();
            linears.forEach(linear -> keys.put(linear.path(), linear.key()));
            List<String> a = new ArrayList<>();
            List<String> b = new ArrayList<>();
            for (LoraModule module : modules) {
                String key = keys.get(module.path());
                if (key == null) {
                    throw new IllegalArgumentException("the model has no linear " + module.path());
                }
                a.add(key + ".lora.a");
                b.add(key + ".lora.b");
                scales.put(key + ".lora.scale", module.scale());
            }
            a.addAll(b);
            trained = TrainedTensors.of(a, LoraModules.layout(modules));
        }

        /** The linears that are adapted. */
        public List<LoraModule> modules() {
            return modules;
        }

        @Override
        public Optional<List<LoraModule>> plainLora() {
            return config.dropout() == 0 ? Optional.of(modules) : Optional.empty();
        }

        @Override
        public String method() {
            return NAME;
        }

        @Override
        public TrainedTensors trained() {
            return trained;
        }

        @Override
        public void initialise(long seed, FloatBuffer into) {
            LoraInitialization.fill(modules, seed, into);
        }

        @Override
        public int startOfFasterValues() {
            return modules.stream()
                    .mapToInt(module -> module.rank() * module.inputs())
                    .sum();
        }

        @Override
        public Map<String, Double> settings() {
            return scales;
        }

        @Override
        public Map<String, Double> trainingSettings() {
            return config.dropout() > 0 ? Map.of("lora.dropout", config.dropout()) : Map.of();
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            return PeftFolder.configJson(config, baseModel, modules);
        }
    }
}
