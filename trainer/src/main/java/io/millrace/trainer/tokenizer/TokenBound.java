package io.millrace.trainer.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Bounds a text's tokens without tokenising it. A byte-level BPE tokenizer starts from a text's UTF-8 bytes and merges some, so
 * there are no more tokens than bytes; nothing is left out, so a text that isn't empty has at least one.
 */
final class TokenBound {
    private static final Set<String> KEEPING = Set.of("Digits", "Split", "ByteLevel");

    /** By byte: whether it is in the vocabulary. The tokenizer leaves out one that isn't. */
    private final boolean[] known;

    private final boolean composes;

    private TokenBound(boolean[] known, boolean composes) {
        this.known = known;
        this.composes = composes;
    }

    /** Absent: the tokenizer is of another kind. */
    static Optional<TokenBound> of(JsonNode json, Map<String, Integer> vocabulary) {
        JsonNode model = json.path("model");
        String normalizer = json.path("normalizer").path("type").asText();
        boolean merges = model.path("type").asText().equals("BPE")
                && model.path("dropout").asDouble() == 0
                && model.path("continuing_subword_prefix").asText("").isEmpty()
                && model.path("end_of_word_suffix").asText("").isEmpty();
        return merges
                        && keepsAll(json.path("pre_tokenizer"))
                        && Set.of("", "NFC").contains(normalizer)
                ? Optional.of(new TokenBound(knownBytes(vocabulary), normalizer.equals("NFC")))
                : Optional.empty();
    }

    /** Whether a pre-tokenizer turns a text into its bytes, neither leaving anything out nor putting anything in front. */
    private static boolean keepsAll(JsonNode preTokenizer) {
        if (!preTokenizer.path("type").asText().equals("Sequence")) {
            return preTokenizer.path("type").asText().equals("ByteLevel") && keeps(preTokenizer);
        }
        boolean toBytes = false;
        for (JsonNode step : preTokenizer.path("pretokenizers")) {
            if (!keeps(step)) {
                return false;
            }
            toBytes |= step.path("type").asText().equals("ByteLevel");
        }
        return toBytes;
    }

    private static boolean keeps(JsonNode step) {
        String type = step.path("type").asText();
        return KEEPING.contains(type)
                && !step.path("behavior").asText().equals("Removed")
                && !(type.equals("ByteLevel") && step.path("add_prefix_space").asBoolean(true));
    }

    /** GPT-2 writes a byte that is a printable character of Latin-1 as that character, the others in order from U+0100 on. */
    private static boolean[] knownBytes(Map<String, Integer> vocabulary) {
        boolean[] known = new boolean[0x100];
        int next = 0x100;
        for (int value = 0; value < known.length; value++) {
            boolean printable = value > 0x20 && value < 0x7F || value > 0xA0 && value != 0xAD;
            known[value] = vocabulary.containsKey(Character.toString(printable ? value : next++));
        }
        return known;
    }

    /** Absent: not known for this text. */
    OptionalInt of(String text) {
        if (composes && !Normalizer.isNormalized(text, Normalizer.Form.NFC)) {
            return OptionalInt.empty();
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (byte value : bytes) {
            if (!known[value & 0xFF]) {
                return OptionalInt.empty();
            }
        }
        return OptionalInt.of(bytes.length);
    }
}
