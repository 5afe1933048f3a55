package io.millrace.client;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.millrace.v1.UploadedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads a PEFT folder to send it to a server. */
final class PeftUpload {
    private static final List<String> FILES = List.of("adapter_config.json", "adapter_model.safetensors");
    private static final long MAX_BYTES = 64L << 20;

    private PeftUpload() {}

    /** @throws MillraceException INVALID_ARGUMENT if a file is missing or the two are too large */
    static List<UploadedFile> read(Path folder) throws IOException {
        List<UploadedFile> uploaded = new ArrayList<>();
        long total = 0;
        for (String name : FILES) {
            Path file = folder.resolve(name);
            if (!Files.isRegularFile(file)) {
                throw MillraceException.of(
                        Code.INVALID_ARGUMENT, "%s has no %s; it is not a PEFT folder".formatted(folder, name));
            }
            total += Files.size(file);
            if (total > MAX_BYTES) {
                throw MillraceException.of(
                        Code.INVALID_ARGUMENT, "%s is larger than 64 MiB, the most that can be sent".formatted(folder));
            }
            try (InputStream content = Files.newInputStream(file)) {
                uploaded.add(UploadedFile.newBuilder()
                        .setName(name)
                        .setData(ByteString.readFrom(content))
                        .build());
            }
        }
        return uploaded;
    }
}
