package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.FloatBuffer;
import java.util.Optional;

/** Prompt tuning (https://arxiv.org/abs/2104.08691): embeddings of virtual tokens in front, and nothing else. */
public final class PromptTuning implements Method {
    private static final String NAME = "prompt_tuning";
    /** As in the paper: with a fifth of them a small model learns next to nothing in a short stream. */
    private static final int VIRTUAL_TOKENS = 100;

    private static final String PEFT_TYPE = "PROMPT_TUNING";

    record Config(VirtualPrompt prompt) implements MethodConfig {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public ObjectNode json() {
            return prompt.json(NAME);
        }

        @Override
        public Adaptation on(Host host) {
            prompt.check(host.model().config());
            return new Adapted(
                    prompt,
                    host,
                    new TrainedTensors.Builder()
                            .add(
                                    "embedding.prompt",
                                    "prompt_embeddings",
                                    prompt.count(),
                                    host.model().config().hiddenSize())
                            .build());
        }
    }

    @Override
    public Traits traits() {
        return new Traits(
                NAME,
                0.3,
                "a small file that touches no weight, served as more tokens in front; learns late, forgets little");
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return new Config(VirtualPrompt.configure(fields, VIRTUAL_TOKENS));
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        return AdapterConfigFile.isOfPeftType(adapterConfig, PEFT_TYPE)
                ? Optional.of(new Config(VirtualPrompt.read(adapterConfig)))
                : Optional.empty();
    }

    private record Adapted(VirtualPrompt prompt, Host host, TrainedTensors trained) implements Adaptation {
        @Override
        public String method() {
            return NAME;
        }

        @Override
        public int virtualTokens() {
            return prompt.count();
        }

        @Override
        public void initialise(long seed, FloatBuffer into) {
            into.put(prompt.embeddings(host, seed));
        }

        @Override
        public byte[] configFile(Optional<String> baseModel) {
            return AdapterConfigFile.write(
                    prompt.fields(PEFT_TYPE, baseModel, host.model().config())
                            .put("prompt_tuning_init", "RANDOM")
                            .putNull("prompt_tuning_init_text")
                            .putNull("tokenizer_kwargs")
                            .putNull("tokenizer_name_or_path"));
        }
    }
}
