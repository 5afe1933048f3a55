package io.millrace.trainer.eval;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.batch.PackedBatch;
import io.millrace.trainer.method.AdapterTensors;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.NativeArrays;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Continues prompts with the likeliest token each time, many at once. */
public final class GreedyDecoder {
    /** Most tokens held at once, those to come and padding included; a prompt that is longer than that is decoded alone. */
    private static final int MOST_TOKENS = 4096;

    private GreedyDecoder() {}

    /**
     * What is to be continued. The array is not copied.
     *
     * @param ids at least one token id
     * @param maxNewTokens most tokens to add
     */
    public record Prompt(int[] ids, int maxNewTokens) {
        public Prompt {
            if (ids.length < 1 || maxNewTokens < 0) {
                throw new IllegalArgumentException(
                        "a prompt of %d ids, %d to add; it needs at least 1 and 0".formatted(ids.length, maxNewTokens));
            }
        }

        private int longest() {
            return ids.length + maxNewTokens;
        }
    }

    /**
     * The continuation of each prompt, without the token that ended it.
     *
     * @param stop tokens that end a continuation
     */
    public static List<int[]> decode(
            BaseModel model, Optional<TrainedAdapter> adapter, List<Prompt> prompts, Set<Integer> stop) {
        int[][] continuations = new int[prompts.size()][];
        try (AdapterTensors tensors = AdapterTensors.toScore(model, adapter)) {
            for (List<Integer> together : split(prompts)) {
                List<int[]> decoded = decode(
                        model, tensors, together.stream().map(prompts::get).toList(), stop);
                for (int i = 0; i < decoded.size(); i++) {
                    continuations[together.get(i)] = decoded.get(i);
                }
            }
        }
        return List.of(continuations);
    }

    /** Indices of prompts that are decoded together: of similar length, since the others wait for the longest. */
    private static List<List<Integer>> split(List<Prompt> prompts) {
        List<Integer> order = IntStream.range(0, prompts.size())
                .boxed()
                .sorted(Comparator.comparing(index -> prompts.get(index).longest()))
                .toList();
        List<List<Integer>> parts = new ArrayList<>();
        List<Integer> part = new ArrayList<>();
        for (int index : order) {
            if (!part.isEmpty() && (part.size() + 1) * prompts.get(index).longest() > MOST_TOKENS) {
                parts.add(part);
                part = new ArrayList<>();
            }
            part.add(index);
        }
        if (!part.isEmpty()) {
            parts.add(part);
        }
        return parts;
    }

    private static List<int[]> decode(
            BaseModel model, AdapterTensors tensors, List<Prompt> prompts, Set<Integer> stop) {
        try (NDManager scope = model.newScope()) {
            NDList inputs = NativeArrays.tokens(
                    scope,
                    sideBySide(prompts.stream()
                            .map(prompt -> tensors.virtualTokens().before(prompt.ids()))
                            .toList()));
            inputs.add(NativeArrays.numbers(
                    scope, prompts.stream().mapToLong(Prompt::maxNewTokens).toArray()));
            inputs.add(NativeArrays.of(
                    scope, stop.stream().mapToLong(Integer::longValue).toArray()));
            inputs.addAll(tensors.inputs());
            long[] found = model.runInInferenceMode(scope, "decode", inputs)
                    .singletonOrThrow()
                    .toLongArray();
            int columns = found.length / prompts.size();
            return IntStream.range(0, prompts.size())
                    .mapToObj(row -> Arrays.stream(found, row * columns, (row + 1) * columns)
                            .takeWhile(id -> id >= 0)
                            .mapToInt(Math::toIntExact)
                            .toArray())
                    .toList();
        }
    }

    /** One bucket of all prompts, none of which trains anything, behind what they all begin with. */
    private static PackedBatch sideBySide(List<int[]> prompts) {
        int[] shared = sharedPrefix(prompts);
        long[] lengths =
                prompts.stream().mapToLong(ids -> ids.length - shared.length).toArray();
        long[] starts = new long[lengths.length];
        starts[0] = shared.length;
        for (int i = 1; i < starts.length; i++) {
            starts[i] = starts[i - 1] + lengths[i - 1];
        }
        List<PackedBatch.Bucket> buckets = new ArrayList<>();
        if (shared.length > 0) {
            buckets.add(new PackedBatch.Bucket(0, 0, new long[] {0}, new long[] {shared.length}));
        }
        buckets.add(new PackedBatch.Bucket(0, shared.length, starts, lengths));
        IntStream ids = prompts.stream().flatMapToInt(prompt -> Arrays.stream(prompt, shared.length, prompt.length));
        IntStream positions = prompts.stream().flatMapToInt(prompt -> IntStream.range(shared.length, prompt.length));
        return new PackedBatch(
                IntStream.concat(Arrays.stream(shared), ids).asLongStream().toArray(),
                IntStream.concat(IntStream.range(0, shared.length), positions)
                        .asLongStream()
                        .toArray(),
                buckets,
                new long[0],
                new long[0],
                new float[0],
                new int[0]);
    }

    /** What several prompts all begin with; each keeps a token of its own, which is continued. */
    private static int[] sharedPrefix(List<int[]> prompts) {
        int[] first = prompts.get(0);
        int length = prompts.size() == 1 ? 0 : first.length - 1;
        for (int[] prompt : prompts) {
            length = Math.min(length, prompt.length - 1);
            int differs = Arrays.mismatch(first, 0, length, prompt, 0, length);
            length = differs < 0 ? length : differs;
        }
        return Arrays.copyOf(first, length);
    }
}
