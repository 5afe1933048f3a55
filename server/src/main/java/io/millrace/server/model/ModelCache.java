package io.millrace.server.model;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where fetched models lie: {@code models/NAME/hub}, a Hugging Face folder, or {@code models/NAME/FILE.gguf}. What has one of
 * these names is whole, because it gets it last.
 */
final class ModelCache {
    private static final String HUB_FOLDER = "hub";
    /** File locks keep other processes out, this the threads of this one. */
    private static final Object IN_THIS_PROCESS = new Object();

    private final Path root;

    /** @param root the folder {@code models} */
    ModelCache(Path root) {
        this.root = root;
    }

    /** {@code $MILLRACE_HOME/models}, else {@code ~/.cache/millrace/models}. */
    static ModelCache of(Map<String, String> environment) {
        String home = environment.getOrDefault("MILLRACE_HOME", "");
        Path base = home.isBlank() ? Path.of(System.getProperty("user.home"), ".cache", "millrace") : Path.of(home);
        return new ModelCache(base.resolve("models").toAbsolutePath());
    }

    /** Where the model's files go; a hub name's slash becomes two dashes. */
    Path folder(String name) {
        return root.resolve(name.replace("/", "--"));
    }

    Path hubFolder(String name) {
        return folder(name).resolve(HUB_FOLDER);
    }

    /** The model's folder or file, if it is there. */
    Optional<Path> find(String name) throws IOException {
        return Files.isDirectory(folder(name)) ? whole(folder(name)) : Optional.empty();
    }

    List<CachedModel> list() throws IOException {
        List<CachedModel> models = new ArrayList<>();
        if (!Files.isDirectory(root)) {
            return models;
        }
        try (Stream<Path> folders = Files.list(root)) {
            for (Path folder : folders.filter(Files::isDirectory).sorted().toList()) {
                Optional<Path> model = whole(folder);
                if (model.isPresent()) {
                    String name = String.valueOf(folder.getFileName()).replaceFirst("--", "/");
                    models.add(new CachedModel(name, model.get(), bytes(model.get())));
                }
            }
        }
        return models;
    }

    private static Optional<Path> whole(Path folder) throws IOException {
        Path hub = folder.resolve(HUB_FOLDER);
        if (Files.isDirectory(hub)) {
            return Optional.of(hub);
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".gguf"))
                    .sorted()
                    .findFirst();
        }
    }

    private static long bytes(Path model) throws IOException {
        try (Stream<Path> files = Files.walk(model)) {
            long bytes = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
            }
            return bytes;
        }
    }

    /** Work that only one may do at a time. */
    interface Work<T> {
        T run() throws IOException;
    }

    /** Does the work while nobody else, in this process or another, works on the same model. */
    <T> T alone(String name, Progress progress, Work<T> work) throws IOException {
        Files.createDirectories(folder(name));
        Path lockFile = folder(name).resolve(".lock");
        synchronized (IN_THIS_PROCESS) {
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock held = locked(channel, name, progress)) {
                return work.run();
            }
        }
    }

    private static FileLock locked(FileChannel channel, String name, Progress progress) throws IOException {
        FileLock lock = channel.tryLock();
        if (lock != null) {
            return lock;
        }
        progress.note("another process is fetching %s; waiting for it".formatted(name));
        return channel.lock();
    }
}
