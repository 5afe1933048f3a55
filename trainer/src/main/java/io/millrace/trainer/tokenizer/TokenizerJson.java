package io.millrace.trainer.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What Millrace itself reads in a {@code tokenizer.json}. */
final class TokenizerJson {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private TokenizerJson() {}

    static ObjectNode read(Path file) {
        try (var in = Files.newInputStream(file)) {
            if (MAPPER.readTree(in) instanceof ObjectNode json) {
                return json;
            }
        } catch (IOException e) {
            throw new TokenizerFormatException(file + ": can't be read: " + e.getMessage(), e);
        }
        throw new TokenizerFormatException(file + ": is not a JSON object; download it again");
    }

    /** Tokens and their ids, added ones included. */
    static Map<String, Integer> vocabulary(ObjectNode json) {
        Map<String, Integer> ids = new HashMap<>();
        JsonNode vocabulary = json.path("model").path("vocab");
        if (vocabulary.isArray()) { // Unigram: [token, score] pairs in the order of their ids
            for (int id = 0; id < vocabulary.size(); id++) {
                ids.put(vocabulary.get(id).path(0).asText(), id);
            }
        } else {
            vocabulary
                    .properties()
                    .forEach(token -> ids.put(token.getKey(), token.getValue().asInt()));
        }
        for (JsonNode token : json.path("added_tokens")) {
            ids.put(token.path("content").asText(), token.path("id").asInt());
        }
        return ids;
    }

    /** The token that the post-processor puts in front of a text. */
    static Optional<String> leadingToken(JsonNode postProcessor) {
        if (postProcessor.path("type").asText().equals("Sequence")) {
            for (JsonNode processor : postProcessor.path("processors")) {
                Optional<String> token = leadingToken(processor);
                if (token.isPresent()) {
                    return token;
                }
            }
        }
        JsonNode token =
                postProcessor.path("single").path(0).path("SpecialToken").path("id");
        return token.isTextual() ? Optional.of(token.asText()) : Optional.empty();
    }

    /** Whether a text gets a space in front before it is tokenised, so that its parts can't be tokenised one by one. */
    static boolean addsLeadingSpace(JsonNode step) {
        boolean adds = switch (step.path("type").asText()) {
            case "Prepend" -> true;
            case "ByteLevel" -> step.path("add_prefix_space").asBoolean();
            case "Metaspace" ->
                !step.path("prepend_scheme").asText("always").equals("never")
                        && step.path("add_prefix_space").asBoolean(true);
            default -> false;
        };
        if (adds) {
            return true;
        }
        for (String steps : new String[] {"normalizers", "pretokenizers"}) {
            for (JsonNode inner : step.path(steps)) {
                if (addsLeadingSpace(inner)) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * For the native tokenizer: truncation and padding are Millrace's own business, and a post-processor would add tokens
     * and move spans away from the blanks that their tokens begin with.
     */
    static byte[] bare(ObjectNode json) throws IOException {
        ObjectNode bare = MAPPER.createObjectNode().setAll(json);
        return MAPPER.writeValueAsBytes(bare.without(List.of("truncation", "padding", "post_processor")));
    }
}
