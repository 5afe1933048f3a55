package io.millrace.trainer.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Builds a Hugging Face {@code tokenizer.json} from a GGUF file's metadata ({@code tokenizer.ggml.*}). */
final class GgufTokenizer {
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;

    private GgufTokenizer() {}

    /** @throws TokenizerFormatException if the metadata lack something, are malformed, or are of an unknown tokenizer */
    static ObjectNode json(Map<String, Object> metadata) {
        String model = string(metadata, "tokenizer.ggml.model", "");
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("version", "1.0");
        json.set("added_tokens", addedTokens(metadata));
        switch (model) {
            case "gpt2" -> byteLevel(json, metadata);
            case "llama" -> sentencePiece(json, metadata);
            default ->
                throw new TokenizerFormatException(
                        "tokenizer.ggml.model is \"%s\"; Millrace reads gpt2 and llama; use the model's Hugging Face folder instead"
                                .formatted(model));
        }
        return json;
    }

    private static void byteLevel(ObjectNode json, Map<String, Object> metadata) {
        PreTokenizer preTokenizer = PreTokenizer.named(string(metadata, "tokenizer.ggml.pre", "default"));
        if (preTokenizer.composed()) {
            json.putObject("normalizer").put("type", "NFC");
        }
        json.set("pre_tokenizer", preTokenizer.json());
        json.putObject("decoder")
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", false);
        ObjectNode model = bpe(json, metadata).put("ignore_merges", preTokenizer.wholeWords());
        ArrayNode merges = model.putArray("merges");
        for (String pair : list(metadata, "tokenizer.ggml.merges", String.class)) {
            int space = pair.indexOf(' ', 1);
            if (space < 0) {
                throw new TokenizerFormatException(
                        "tokenizer.ggml.merges has \"%s\"; a merge is two tokens with a space between".formatted(pair));
            }
            merges.addArray().add(pair.substring(0, space)).add(pair.substring(space + 1));
        }
        if (metadata.getOrDefault("tokenizer.ggml.add_bos_token", preTokenizer.addsBos()) == Boolean.TRUE) {
            bosInFront(json, metadata);
        }
    }

    /** SentencePiece's BPE as Hugging Face's Llama tokenizers have it: spaces are ▁, unknown characters become bytes. */
    private static void sentencePiece(ObjectNode json, Map<String, Object> metadata) {
        boolean leadingSpace = metadata.getOrDefault("tokenizer.ggml.add_space_prefix", true) == Boolean.TRUE;
        ArrayNode normalizers =
                json.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
        if (leadingSpace) {
            normalizers.addObject().put("type", "Prepend").put("prepend", "▁");
        }
        replace(normalizers, " ", "▁");
        ArrayNode decoders = json.putObject("decoder").put("type", "Sequence").putArray("decoders");
        replace(decoders, "▁", " ");
        decoders.addObject().put("type", "ByteFallback");
        decoders.addObject().put("type", "Fuse");
        if (leadingSpace) {
            decoders.addObject()
                    .put("type", "Strip")
                    .put("content", " ")
                    .put("start", 1)
                    .put("stop", 0);
        }
        ObjectNode model = bpe(json, metadata).put("fuse_unk", true).put("byte_fallback", true);
        token(metadata, "tokenizer.ggml.unknown_token_id").ifPresent(unknown -> model.put("unk_token", unknown));
        ArrayNode merges = model.putArray("merges");
        SentencePieceMerges.of(
                        tokens(metadata),
                        perToken(metadata, "tokenizer.ggml.scores"),
                        perToken(metadata, "tokenizer.ggml.token_type"))
                .forEach(merge -> merges.addArray().add(merge.left()).add(merge.right()));
        if (metadata.getOrDefault("tokenizer.ggml.add_bos_token", true) == Boolean.TRUE) {
            bosInFront(json, metadata);
        }
    }

    private static void replace(ArrayNode steps, String from, String to) {
        steps.addObject()
                .put("type", "Replace")
                .put("content", to)
                .putObject("pattern")
                .put("String", from);
    }

    private static ObjectNode bpe(ObjectNode json, Map<String, Object> metadata) {
        ObjectNode model = json.putObject("model").put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        int id = 0;
        for (String token : tokens(metadata)) {
            vocabulary.put(token, id++);
        }
        return model;
    }

    private static ArrayNode addedTokens(Map<String, Object> metadata) {
        List<String> tokens = tokens(metadata);
        List<Number> types = perToken(metadata, "tokenizer.ggml.token_type");
        ArrayNode added = JsonNodeFactory.instance.arrayNode();
        for (int id = 0; id < tokens.size(); id++) {
            int type = types.get(id).intValue();
            if (type == CONTROL || type == USER_DEFINED) {
                added.addObject()
                        .put("id", id)
                        .put("content", tokens.get(id))
                        .put("single_word", false)
                        .put("lstrip", false)
                        .put("rstrip", false)
                        .put("normalized", false)
                        .put("special", type == CONTROL);
            }
        }
        return added;
    }

    private static void bosInFront(ObjectNode json, Map<String, Object> metadata) {
        token(metadata, "tokenizer.ggml.bos_token_id")
                .ifPresent(bos -> json.putObject("post_processor")
                        .put("type", "TemplateProcessing")
                        .putArray("single")
                        .addObject()
                        .putObject("SpecialToken")
                        .put("id", bos));
    }

    /** The token whose id the field holds, as a string; absent if there is no such field. */
    static Optional<String> token(Map<String, Object> metadata, String field) {
        if (!(metadata.get(field) instanceof Number id)) {
            return Optional.empty();
        }
        List<String> tokens = tokens(metadata);
        if (id.longValue() < 0 || id.longValue() >= tokens.size()) {
            throw new TokenizerFormatException(
                    "%s is %s; the vocabulary has ids 0 to %d".formatted(field, id, tokens.size() - 1));
        }
        return Optional.of(tokens.get(id.intValue()));
    }

    private static List<String> tokens(Map<String, Object> metadata) {
        return list(metadata, "tokenizer.ggml.tokens", String.class);
    }

    private static List<Number> perToken(Map<String, Object> metadata, String field) {
        List<Number> values = list(metadata, field, Number.class);
        int tokens = tokens(metadata).size();
        if (values.size() != tokens) {
            throw new TokenizerFormatException(
                    "%s has %d entries, tokenizer.ggml.tokens %d".formatted(field, values.size(), tokens));
        }
        return values;
    }

    private static <T> List<T> list(Map<String, Object> metadata, String field, Class<T> type) {
        if (metadata.get(field) instanceof List<?> list
                && !list.isEmpty()
                && list.stream().allMatch(type::isInstance)) {
            return list.stream().<T>map(type::cast).toList();
        }
        throw new TokenizerFormatException(
                "%s is missing from the GGUF metadata or not a list of %ss; use another conversion of the model"
                        .formatted(field, type.getSimpleName().toLowerCase(Locale.ROOT)));
    }

    private static String string(Map<String, Object> metadata, String field, String absent) {
        return metadata.get(field) instanceof String string ? string : absent;
    }
}
