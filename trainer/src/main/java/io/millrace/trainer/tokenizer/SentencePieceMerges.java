package io.millrace.trainer.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The merges of a SentencePiece BPE vocabulary, which its files leave out: every way to put a piece together from two other
 * pieces is a merge, the best scored piece first (as transformers' {@code generate_merges}).
 */
final class SentencePieceMerges {
    private static final int NORMAL = 1;

    record Merge(String left, String right) {}

    private record Scored(Merge merge, float score, int leftLength, int rightLength) {}

    private SentencePieceMerges() {}

    static List<Merge> of(List<String> pieces, List<Number> scores, List<Number> types) {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < pieces.size(); id++) {
            ids.put(pieces.get(id), id);
        }
        List<Scored> merges = new ArrayList<>();
        for (int id = 0; id < pieces.size(); id++) {
            if (types.get(id).intValue() == NORMAL) {
                merges.addAll(waysTo(pieces.get(id), scores.get(id).floatValue(), ids));
            }
        }
        merges.sort(Comparator.comparing(Scored::score)
                .thenComparing(Scored::leftLength)
                .thenComparing(Scored::rightLength)
                .reversed());
        return merges.stream().map(Scored::merge).toList();
    }

    private static List<Scored> waysTo(String piece, float score, Map<String, Integer> ids) {
        List<Scored> ways = new ArrayList<>();
        int length = piece.codePointCount(0, piece.length());
        for (int leftLength = 1; leftLength < length; leftLength++) {
            int middle = piece.offsetByCodePoints(0, leftLength);
            Merge merge = new Merge(piece.substring(0, middle), piece.substring(middle));
            if (ids.containsKey(merge.left()) && ids.containsKey(merge.right())) {
                ways.add(new Scored(merge, score, leftLength, length - leftLength));
            }
        }
        ways.sort(Comparator.comparing((Scored way) -> ids.get(way.merge().left()))
                .thenComparing(way -> ids.get(way.merge().right())));
        return ways;
    }
}
