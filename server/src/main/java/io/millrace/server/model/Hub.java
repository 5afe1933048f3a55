package io.millrace.server.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Downloads model repositories from the Hugging Face hub, or a mirror that speaks its protocol. */
final class Hub {
    private static final List<String> SMALL_FILES =
            List.of("generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja");
    private static final String CONFIG = "config.json";
    private static final String WEIGHTS = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final int MOST_LISTING_BYTES = 16 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HubSettings settings;
    private final HubRequests requests;

    Hub(HubSettings settings) {
        this.settings = settings;
        this.requests = new HubRequests(settings);
    }

    /**
     * Downloads the files that loading the model needs, at one revision of the repository. The folder appears when all of it
     * is there; until then, and after a failure, what has come lies in {@code FOLDER-REVISION.part}.
     *
     * @param repository {@code organisation/name}
     * @throws ModelUnavailableException if the hub can't be reached, there is no such repository or no model in it that can
     *     be loaded, or a download fails in the end
     * @throws IOException if files can't be written
     */
    void download(String repository, Path folder, Progress progress) throws IOException {
        Retry retry = new Retry(settings.pause(), progress);
        JsonNode listing = retry.run("the list of its files", () -> listing(repository));
        String revision = listing.path("sha").asText("main");
        Set<String> present = new LinkedHashSet<>();
        listing.path("siblings")
                .forEach(file -> present.add(file.path("rfilename").asText()));
        if (!present.contains(CONFIG)) {
            throw new ModelUnavailableException(
                    "%s has no config.json; give a repository with the model itself, in safetensors"
                            .formatted(repository));
        }
        if (!FILE_NAME.matcher(revision).matches()) {
            throw new ModelUnavailableException(
                    "%s has revision \"%s\", which is none".formatted(repository, revision));
        }
        Path part = folder.resolveSibling("%s-%s.part".formatted(folder.getFileName(), revision));
        Files.createDirectories(part);
        Fetch fetch = new Fetch(
                "/%s/resolve/%s/".formatted(repository, revision), part, new HubFile(requests, retry, progress));
        fetch.file(CONFIG);
        for (String name : SMALL_FILES) {
            if (present.contains(name)) {
                fetch.file(name);
            }
        }
        if (present.contains(WEIGHTS)) {
            fetch.file(WEIGHTS);
        } else if (present.contains(INDEX)) {
            fetch.file(INDEX);
            for (String shard : shards(part.resolve(INDEX), repository)) {
                fetch.file(shard);
            }
        } else {
            throw new ModelUnavailableException(
                    "%s has no model.safetensors; give a repository with safetensors, or download a .gguf and give its path"
                            .formatted(repository));
        }
        Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
    }

    private record Fetch(String address, Path folder, HubFile downloads) {
        void file(String name) throws IOException {
            if (!Files.exists(folder.resolve(name))) {
                downloads.download(address + name, folder.resolve(name));
            }
        }
    }

    private JsonNode listing(String repository) throws IOException {
        HubRequests.Answer answer;
        try {
            answer = requests.get("/api/models/" + repository, 0);
        } catch (ConnectException | HttpConnectTimeoutException e) {
            throw new ModelUnavailableException("can't be reached (%s)".formatted(e), e);
        }
        if (answer.status() != 200) {
            answer.discard();
            throw HubFile.refusal(answer.status(), repository);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        answer.read(piece -> {
            byte[] some = new byte[piece.remaining()];
            piece.get(some);
            bytes.write(some);
            if (bytes.size() > MOST_LISTING_BYTES) {
                throw new ModelUnavailableException("%s: the hub's list of its files is longer than %d bytes"
                        .formatted(repository, MOST_LISTING_BYTES));
            }
        });
        return JSON.readTree(bytes.toByteArray());
    }

    private static List<String> shards(Path index, String repository) throws IOException {
        Set<String> names = new LinkedHashSet<>();
        JSON.readTree(Files.readAllBytes(index)).path("weight_map").forEach(name -> names.add(name.asText()));
        for (String name : names) {
            if (!FILE_NAME.matcher(name).matches()) {
                throw new ModelUnavailableException(
                        "%s: %s names a shard \"%s\", which is no file name".formatted(repository, INDEX, name));
            }
        }
        return new ArrayList<>(names);
    }
}
