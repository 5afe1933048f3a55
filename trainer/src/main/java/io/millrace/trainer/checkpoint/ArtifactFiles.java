package io.millrace.trainer.checkpoint;

import io.millrace.trainer.log.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** The folders {@code artifacts/} and {@code quarantine/}: durable names, digests, and nothing about what is named where. */
final class ArtifactFiles {
    private static final int BUFFER = 256 << 10;

    private final Path artifacts;
    private final Path incoming;
    private final Path quarantine;

    ArtifactFiles(Path directory) throws IOException {
        artifacts = directory.resolve("artifacts");
        incoming = artifacts.resolve("incoming");
        quarantine = directory.resolve("quarantine");
        Files.createDirectories(incoming);
        Files.createDirectories(quarantine);
        syncFolder(directory);
        syncFolder(artifacts);
    }

    Path path(String sha256) {
        return artifacts.resolve(sha256.substring(0, 2)).resolve(sha256);
    }

    /** An empty file to write to, not yet under its name. */
    Path temporary() {
        try {
            return Files.createTempFile(incoming, "artifact", ".tmp");
        } catch (IOException e) {
            throw StorageException.of(incoming, e);
        }
    }

    /** Makes a temporary file's content durable. */
    static void sync(Path temporary) {
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            channel.force(true);
        } catch (IOException e) {
            throw StorageException.of(temporary, e);
        }
    }

    /** What a temporary file holds. */
    static Artifact read(Path temporary) {
        try {
            return new Artifact(digest(temporary), Files.size(temporary));
        } catch (IOException e) {
            throw StorageException.of(temporary, e);
        }
    }

    /** Gives a durable temporary file its name, which is durable after {@link #syncNames}. */
    void name(Path temporary, Artifact artifact) {
        Path target = path(artifact.sha256());
        Path folder = folder(artifact);
        try {
            if (Files.notExists(folder)) {
                Files.createDirectories(folder);
                syncFolder(artifacts);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw StorageException.of(target, e);
        }
    }

    void syncNames(List<Artifact> named) {
        named.stream().map(this::folder).distinct().forEach(folder -> {
            try {
                syncFolder(folder);
            } catch (IOException e) {
                throw StorageException.of(folder, e);
            }
        });
    }

    private Path folder(Artifact artifact) {
        return artifacts.resolve(artifact.sha256().substring(0, 2));
    }

    void delete(String sha256) throws IOException {
        Files.deleteIfExists(path(sha256));
    }

    void quarantine(String sha256) throws IOException {
        Files.move(path(sha256), quarantine.resolve(sha256), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Removes what was being written when the process ended. */
    void deleteTemporaries() throws IOException {
        for (Path file : list(incoming)) {
            Files.delete(file);
        }
    }

    /** The names of all artifacts that there are. */
    List<String> digests() throws IOException {
        try (Stream<Path> files = Files.walk(artifacts, 2)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(Artifact::isDigest)
                    .toList();
        }
    }

    static String digest(Path file) throws IOException {
        MessageDigest digest = sha256();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    /** Makes names in a folder durable. Windows can't open folders, and writes their entries through. */
    private static void syncFolder(Path folder) throws IOException {
        if (!System.getProperty("os.name", "").startsWith("Windows")) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
