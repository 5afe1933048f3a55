package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.ModelTensor;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import io.millrace.trainer.peft.TargetModules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Modules of the model, such as its embeddings, that are trained in full beside what another method trains: PEFT's
 * {@code modules_to_save}.
 *
 * @param rest the other method
 */
record SavedModules(MethodConfig rest, List<String> modules) implements MethodConfig {
    static final String FIELD = "modules_to_save";

    private static final String HEAD = "lm_head";
    private static final ObjectMapper JSON = new ObjectMapper();

    SavedModules {
        modules = List.copyOf(modules);
    }

    @Override
    public String method() {
        return rest.method();
    }

    @Override
    public ObjectNode json() {
        ObjectNode json = rest.json();
        json.set(FIELD, AdapterConfigFile.names(modules));
        return json;
    }

    @Override
    public Adaptation on(Host host) {
        return new Adapted(modules, rest.on(host), host.model());
    }

    /** Path of the module that has the tensor. */
    private static String module(ModelTensor tensor) {
        return tensor.name().substring(0, tensor.name().lastIndexOf('.'));
    }

    private static final class Adapted implements Adaptation {
        private final List<String> modules;
        private final Adaptation rest;
        private final BaseModel model;
        private final TrainedTensors saved;
        private final TrainedTensors trained;
        private final ParameterLayout exported;

        Adapted(List<String> modules, Adaptation rest, BaseModel model) {
            this.modules = modules;
            this.rest = rest;
            this.model = model;
            saved = saved();
            trained =
                    new TrainedTensors.Builder().add(saved).add(rest.trained()).build();
            TrainedTensors.Builder files = new TrainedTensors.Builder().add(saved);
            if (sharesEmbedding()) {
                files.add(HEAD, "base_model.model.lm_head.weight", embeddingShape());
            }
            exported = files.add(TrainedTensors.of(
                            rest.exported().parameters().stream()
                                    .map(ParameterLayout.Parameter::name)
                                    .toList(),
                            rest.exported()))
                    .build()
                    .layout();
        }

        private TrainedTensors saved() {
            List<ModelTensor> all = model.tensors();
            List<String> paths = new ArrayList<>(
                    all.stream().map(SavedModules::module).distinct().toList());
            if (model.config().tiedEmbeddings()) {
                paths.add(HEAD);
            }
            Set<String> chosen = new HashSet<>(new TargetModules.Suffixes(modules).among(FIELD, "module", paths));
            String embedding = module(model.tensor("embedding"));
            if (model.config().tiedEmbeddings() && chosen.contains(HEAD) != chosen.contains(embedding)) {
                throw new IllegalArgumentException("%s is %s; in this model %s and lm_head are one: name both"
                        .formatted(FIELD, modules, embedding));
            }
            TrainedTensors.Builder tensors = new TrainedTensors.Builder();
            for (ModelTensor tensor : all) {
                if (chosen.contains(module(tensor))) {
                    checkIsFree(tensor);
                    tensors.add(
                            tensor.key(),
                            "base_model.model." + tensor.name(),
                            tensor.shape().toArray(new Integer[0]));
                }
            }
            return tensors.build();
        }

        private void checkIsFree(ModelTensor tensor) {
            String module = tensor.key().replaceFirst("\\.(weight|bias)$", "");
            if (rest.trained().keys().stream().anyMatch(key -> key.equals(module) || key.startsWith(module + "."))) {
                throw new IllegalArgumentException(
                        "%s has %s, which the method %s adapts; leave it out of one of the two"
                                .formatted(FIELD, module(tensor), rest.method()));
            }
        }

        /** Whether the embedding is trained, and is the output projection, too. */
        private boolean sharesEmbedding() {
            return model.config().tiedEmbeddings() && saved.keys().contains("embedding");
        }

        private Integer[] embeddingShape() {
            return model.tensor("embedding").shape().toArray(new Integer[0]);
        }

        @Override
        public String method() {
            return rest.method();
        }

        @Override
        public TrainedTensors trained() {
            return trained;
        }

        @Override
        public void initialise(long seed, FloatBuffer into) {
            BaseWeights.read(model, saved, into);
            rest.initialise(seed, remaining(into));
        }

        private static FloatBuffer remaining(FloatBuffer into) {
            FloatBuffer remaining = into.slice();
            into.position(into.limit());
            return remaining;
        }

        @Override
        public int startOfFasterValues() {
            return saved.layout().size() + rest.startOfFasterValues();
        }

        @Override
        public Optional<FloatBuffer> changing() {
            return rest.changing().map(own -> {
                FloatBuffer mask = FloatBuffer.allocate(trained.layout().size());
                for (int i = 0; i < saved.layout().size(); i++) {
                    mask.put(1);
                }
                return mask.put(own).rewind();
            });
        }

        @Override
        public boolean takesPartInSteps() {
            return rest.takesPartInSteps();
        }

        @Override
        public Map<String, Double> settings() {
            return rest.settings();
        }

        @Override
        public Map<String, Double> trainingSettings() {
            return rest.trainingSettings();
        }

        @Override
        public List<FrozenTensor> frozen() {
            return rest.frozen();
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            try {
                ObjectNode json = (ObjectNode) JSON.readTree(rest.configFile(baseModel));
                json.set(FIELD, AdapterConfigFile.names(modules));
                return AdapterConfigFile.write(json);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public ParameterLayout exported() {
            return exported;
        }

        /** An embedding that is the output projection, too, is written as both: PEFT takes them apart. */
        @Override
        public AdapterWeights export(AdapterWeights weights) {
            FloatBuffer values = FloatBuffer.allocate(exported.size());
            values.put(weights.values().slice(0, saved.layout().size()));
            if (sharesEmbedding()) {
                values.put(weights.values(embedding(trained.layout())));
            }
            AdapterWeights own = new AdapterWeights(
                    rest.trained().layout(),
                    weights.values()
                            .slice(
                                    saved.layout().size(),
                                    rest.trained().layout().size()));
            values.put(rest.export(own).values());
            return new AdapterWeights(exported, values.rewind());
        }

        private static ParameterLayout.Parameter embedding(ParameterLayout layout) {
            return layout.parameters().get(0);
        }

        @Override
        public void restore(AdapterWeights written, long seed, FloatBuffer into) {
            into.put(written.values().slice(0, saved.layout().size()));
            int start = saved.layout().size();
            if (sharesEmbedding()) {
                int size = embedding(exported).size();
                if (written.values().slice(start, size).mismatch(written.values(embedding(exported))) >= 0) {
                    throw new IllegalArgumentException(
                            "lm_head differs from the embeddings, which in this model are one; train the adapter with both tied");
                }
                start += size;
            }
            FloatBuffer own = written.values().slice(start, rest.exported().size());
            rest.restore(new AdapterWeights(rest.exported(), own), seed, remaining(into));
        }
    }
}
