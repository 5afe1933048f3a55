package io.millrace.trainer.tokenizer;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/**
 * How a byte-level BPE tokenizer cuts a text into words before merging, under the names that GGUF files use.
 *
 * @param splits regular expressions whose matches become words of their own, applied one after the other; then come the
 *     bytes
 * @param gpt2Words whether GPT-2's own expression cuts last
 * @param composed whether the text is brought to Unicode's NFC first
 * @param wholeWords whether a word that is a token is taken as it stands, whatever the merges say
 * @param addsBos whether the family puts bos in front when the file doesn't say
 */
record PreTokenizer(List<String> splits, boolean gpt2Words, boolean composed, boolean wholeWords, boolean addsBos) {
    private static final String CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

    private static final PreTokenizer GPT2 = new PreTokenizer(List.of(), true, false, false, false);
    private static final PreTokenizer SMOLLM = new PreTokenizer(List.of("\\p{N}"), true, false, false, false);
    /** What llama.cpp falls back to; the order is its own. */
    private static final PreTokenizer DEFAULT = new PreTokenizer(
            List.of(
                    "[\\p{P}\\$\\+<=>\\^~\\|]+",
                    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)",
                    "\\p{N}+",
                    "[0-9][0-9][0-9]"),
            false,
            false,
            false,
            false);

    private static final PreTokenizer LLAMA3 = new PreTokenizer(
            List.of(CONTRACTION + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" + REST), false, false, true, true);
    private static final PreTokenizer QWEN2 = new PreTokenizer(
            List.of(CONTRACTION + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" + REST), false, true, false, false);
    private static final PreTokenizer TEKKEN = new PreTokenizer(
            List.of("[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "*" + LOWER + "+|[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "+" + LOWER
                    + "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
            false,
            false,
            true,
            true);

    private static final Map<String, PreTokenizer> BY_NAME = Map.of(
            "gpt-2", GPT2,
            "smollm", SMOLLM,
            "default", DEFAULT,
            "llama-bpe", LLAMA3,
            "llama3", LLAMA3,
            "qwen2", QWEN2,
            "deepseek-r1-qwen", QWEN2,
            "tekken", TEKKEN);

    /** @throws TokenizerFormatException if there is none of that name */
    static PreTokenizer named(String name) {
        PreTokenizer preTokenizer = BY_NAME.get(name);
        if (preTokenizer == null) {
            throw new TokenizerFormatException(
                    "tokenizer.ggml.pre is \"%s\", which Millrace doesn't know (it knows %s); use the model's Hugging Face folder instead"
                            .formatted(name, BY_NAME.keySet().stream().sorted().toList()));
        }
        return preTokenizer;
    }

    /** As {@code tokenizer.json} writes it. */
    ObjectNode json() {
        ObjectNode sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
        var steps = sequence.putArray("pretokenizers");
        for (String split : splits) {
            steps.addObject()
                    .put("type", "Split")
                    .put("behavior", "Isolated")
                    .put("invert", false)
                    .putObject("pattern")
                    .put("Regex", split);
        }
        steps.addObject()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", gpt2Words);
        return sequence;
    }
}
