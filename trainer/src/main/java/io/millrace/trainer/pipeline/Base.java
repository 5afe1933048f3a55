package io.millrace.trainer.pipeline;

import ai.djl.Device;
import io.millrace.trainer.method.Host;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelFiles;
import io.millrace.trainer.tokenizer.ExampleTokenizer;
import io.millrace.trainer.tokenizer.TextTokenizer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * The base model that all adapters share, with its tokenizer.
 *
 * @param endIds token ids at which a generated answer ends
 */
public record Base(
        BaseModel model, BaseIdentity identity, TextTokenizer text, ExampleTokenizer tokenizer, Set<Integer> endIds)
        implements AutoCloseable {

    /**
     * Loads a model; its files may be closed afterwards. The tokenizer takes as long to load as the weights, and a large file's
     * digest longer: both are done on threads of their own meanwhile.
     *
     * @param hubName what adapters' files call it, such as {@code HuggingFaceTB/SmolLM2-135M-Instruct}
     * @param storage how the linears of its blocks are held
     * @param device see {@link io.millrace.trainer.model.Devices}
     * @throws io.millrace.trainer.model.ModelFormatException if the files are damaged or hold another kind of model
     * @throws io.millrace.trainer.tokenizer.TokenizerFormatException if the tokenizer can't be used
     * @throws io.millrace.trainer.chat.ChatTemplateException if the chat template can't be understood
     */
    public static Base load(ModelFiles files, String hubName, FloatType type, LinearStorage storage, Device device) {
        CompletableFuture<Tokenizers> tokenizers = beside("millrace-tokenizer", () -> Tokenizers.of(files));
        CompletableFuture<String> digest = beside("millrace-digest", files::digest);
        try {
            BaseModel model = BaseModel.load(files.config(), files.weights(), type, storage, device);
            try {
                BaseIdentity identity = new BaseIdentity(hubName, join(digest), provenance(type, storage, device));
                Tokenizers loaded = join(tokenizers);
                return new Base(model, identity, loaded.texts(), loaded.examples(), files.eosIds());
            } catch (RuntimeException e) {
                model.close();
                throw e;
            }
        } catch (RuntimeException e) {
            tokenizers.thenAccept(Tokenizers::close);
            throw e;
        }
    }

    private static <T> CompletableFuture<T> beside(String name, Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            thread.start();
        });
    }

    private static <T> T join(CompletableFuture<T> work) {
        try {
            return work.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** What isn't said is a dense base on the CPU. */
    private static Map<String, String> provenance(FloatType type, LinearStorage storage, Device device) {
        Map<String, String> provenance = new HashMap<>();
        provenance.put("precision", type.toString().toLowerCase(Locale.ROOT));
        if (storage != LinearStorage.DENSE) {
            provenance.put("base", storage.toString().toLowerCase(Locale.ROOT));
        }
        if (device.isGpu()) {
            provenance.put("device", "cuda");
        }
        return Map.copyOf(provenance);
    }

    /** The model, for methods to be applied to. */
    public Host host() {
        return new Host(model, written -> text.encode(written).ids());
    }

    @Override
    public void close() {
        model.close();
        text.close();
    }
}
