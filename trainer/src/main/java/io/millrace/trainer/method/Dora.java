package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.peft.LoraConfig;
import io.millrace.trainer.peft.LoraConfigJson;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.LoraModules;
import io.millrace.trainer.peft.PeftFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** DoRA (https://arxiv.org/abs/2402.09353): LoRA changes the direction of each row of a weight, a magnitude of its own its length. */
public final class Dora implements Method {
    private static final String NAME = "dora";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** @param lora its settings are LoRA's, but for dropout */
    record Config(LoraConfig lora) implements MethodConfig {
        Config {
            if (lora.dropout() > 0) {
                throw new IllegalArgumentException(
                        "dropout is %s; DoRA is trained without it: leave it out, or choose lora"
                                .formatted(lora.dropout()));
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
            return new Adapted(lora, host.model());
        }
    }

    @Override
    public Traits traits() {
        return new Traits(
                        NAME,
                        1e-3,
                        "LoRA with a magnitude for each row, for small ranks; unmerged it costs more than LoRA")
                .merging()
                .savingModules();
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return new Config(LoraConfigJson.parse(fields.rest()));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        if (!AdapterConfigFile.isOfPeftType(adapterConfig, "LORA")
                || !adapterConfig.path("use_dora").asBoolean()) {
            return Optional.empty();
        }
        String lora = adapterConfig.deepCopy().put("use_dora", false).toString();
        return Optional.of(new Config(PeftFolder.readConfig(lora.getBytes(StandardCharsets.UTF_8))));
    }

    private static final class Adapted implements Adaptation {
        private final BaseModel model;
        private final Lora.Adapted lora;
        private final TrainedTensors trained;

        Adapted(LoraConfig config, BaseModel model) {
            this.model = model;
            this.lora = new Lora.Adapted(config, LoraModules.resolve(config, model.linears()), model.linears());
            TrainedTensors.Builder tensors = new TrainedTensors.Builder().add(lora.trained());
            for (Linear linear : adapted()) {
                tensors.add(
                        linear.key() + ".dora.magnitude",
                        "base_model.model." + linear.path() + ".lora_magnitude_vector",
                        linear.outputs());
            }
            trained = tensors.build();
        }

        private List<Linear> adapted() {
            Set<String> paths = lora.modules().stream().map(LoraModule::path).collect(Collectors.toSet());
            return model.linears().stream()
                    .filter(linear -> paths.contains(linear.path()))
                    .toList();
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
        public Map<String, Double> settings() {
            return lora.settings();
        }

        /** Magnitudes start as the lengths of the rows, so that nothing changes yet. */
        @Override
        public void initialise(long seed, FloatBuffer into) {
            int size = lora.trained().layout().size();
            lora.initialise(seed, into.slice(into.position(), size));
            into.position(into.position() + size);
            for (Linear linear : adapted()) {
                FloatBuffer weight = FloatBuffer.allocate(linear.outputs() * linear.inputs());
                BaseWeights.read(model, linear.key() + ".weight", List.of(linear.outputs(), linear.inputs()), weight);
                for (int row = 0; row < linear.outputs(); row++) {
                    into.put(length(weight.array(), row * linear.inputs(), linear.inputs()));
                }
            }
        }

        private static float length(float[] values, int from, int count) {
            double square = 0;
            for (int i = from; i < from + count; i++) {
                square += (double) values[i] * values[i];
            }
            return (float) Math.sqrt(square);
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            try {
                ObjectNode json = (ObjectNode) JSON.readTree(lora.configFile(baseModel));
                return AdapterConfigFile.write(json.put("use_dora", true));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
