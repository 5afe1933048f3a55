package io.millrace.trainer.example;

import java.util.List;

/**
 * Ready-made token ids of the base model's vocabulary.
 *
 * @param ids at least two token ids
 * @param lossWeights as many as ids: the weight of predicting {@code ids[i]} from those before it; 0 is context
 */
public record TokenIds(List<Integer> ids, List<Float> lossWeights) implements Content {
    public TokenIds {
        ids = List.copyOf(ids);
        lossWeights = List.copyOf(lossWeights);
        if (ids.size() < 2) {
            throw new IllegalArgumentException("ids has %d entries; at least 2 are needed".formatted(ids.size()));
        }
        if (ids.size() != lossWeights.size()) {
            throw new IllegalArgumentException("loss_weights has %d entries, ids %d; they must be as many"
                    .formatted(lossWeights.size(), ids.size()));
        }
        for (int i = 0; i < ids.size(); i++) {
            float weight = lossWeights.get(i);
            if (ids.get(i) < 0 || !(weight >= 0) || Float.isInfinite(weight)) {
                throw new IllegalArgumentException(
                        "ids[%d] is %d with loss weight %s; neither may be negative or non-finite"
                                .formatted(i, ids.get(i), weight));
            }
        }
    }
}
