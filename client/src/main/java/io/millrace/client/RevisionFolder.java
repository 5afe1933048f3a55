package io.millrace.client;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a revision's files go: {@code revision-000001} in a directory, filled under another name beside it and renamed when
 * it is complete, so that a reader sees all of it or nothing.
 */
final class RevisionFolder {
    private final Path directory;
    private final Path folder;
    private final Path partial;
    private final Path replaced;

    RevisionFolder(Path directory, long revision) {
        String name = "revision-%06d".formatted(revision);
        this.directory = directory;
        this.folder = directory.resolve(name);
        this.partial = directory.resolve("." + name + ".partial");
        this.replaced = directory.resolve("." + name + ".replaced");
    }

    /** Where the files are written first. */
    Path partial() {
        return partial;
    }

    /** Whether the folder is there with exactly these bytes. */
    boolean holds(List<ArtifactFile> files) throws IOException {
        for (ArtifactFile file : files) {
            Path path = folder.resolve(file.name());
            if (!Files.isRegularFile(path) || !Sha256.of(path).equals(file.sha256())) {
                return false;
            }
        }
        return !files.isEmpty();
    }

    /** Makes room for these files; what an interrupted download left of them is kept. */
    Path prepare(List<ArtifactFile> files) throws IOException {
        Files.createDirectories(partial);
        Set<String> names = files.stream().map(ArtifactFile::name).collect(Collectors.toSet());
        try (Stream<Path> present = Files.list(partial)) {
            for (Path path : present.toList()) {
                if (!names.contains(String.valueOf(path.getFileName()))) {
                    Files.delete(path);
                }
            }
        }
        return partial;
    }

    /** What has to be forced to disk before the folder gets its name: the files, and the folder itself. */
    List<Path> filled(List<ArtifactFile> files) {
        return Stream.concat(files.stream().map(file -> partial.resolve(file.name())), Stream.of(partial))
                .toList();
    }

    /** Gives the folder its name; one that had it and other bytes is removed. */
    Path swapIn() throws IOException {
        if (Files.exists(folder)) {
            delete(replaced);
            Files.move(folder, replaced, StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(partial, folder, StandardCopyOption.ATOMIC_MOVE);
        delete(replaced);
        force(directory);
        return folder;
    }

    /** Lets {@code latest} point to this folder. */
    Path makeLatest() throws IOException {
        Path link = directory.resolve("latest");
        Path next = directory.resolve(".latest.partial");
        Files.deleteIfExists(next);
        Files.createSymbolicLink(next, folder.getFileName());
        Files.move(next, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        force(directory);
        return folder;
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    /**
     * Forces a file's bytes or a directory's names to disk; names elsewhere than on POSIX are written through, and can't be.
     *
     * @return the path
     */
    static Path force(Path path) throws IOException {
        boolean file = Files.isRegularFile(path);
        if (file || path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel =
                    FileChannel.open(path, file ? StandardOpenOption.WRITE : StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
        return path;
    }
}
