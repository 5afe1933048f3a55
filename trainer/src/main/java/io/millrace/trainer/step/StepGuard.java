package io.millrace.trainer.step;

import io.millrace.trainer.batch.ExampleLoss;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Judges a batch by its losses and gradient before the optimiser touches anything. */
final class StepGuard {
    private final double highestLoss;

    /** @param vocabularySize V; a loss above 2 ln V, twice that of guessing, is taken for damage */
    StepGuard(int vocabularySize) {
        this.highestLoss = 2 * Math.log(vocabularySize);
    }

    /** Why the batch must not be trained on, if so. */
    Optional<String> fault(List<ExampleLoss> losses, double gradientNorm) {
        double sum = losses.stream().mapToDouble(ExampleLoss::sum).sum();
        double weight = losses.stream().mapToDouble(ExampleLoss::weight).sum();
        if (!Double.isFinite(sum)) {
            return Optional.of("a loss is not finite");
        }
        if (sum > highestLoss * weight) {
            return Optional.of("the mean loss is %.2f, above %.2f".formatted(sum / weight, highestLoss));
        }
        if (!Double.isFinite(gradientNorm)) {
            return Optional.of("the gradient is not finite");
        }
        return Optional.empty();
    }

    /**
     * The examples to blame for a fault: those whose own loss is one, else those that are at fault alone, else all.
     *
     * @param faultyAlone whether the example at this index, as a batch of its own, has a fault
     */
    List<Integer> offenders(List<ExampleLoss> losses, IntPredicate faultyAlone) {
        List<Integer> byLoss = where(losses, i -> !losses.get(i).isFinite() || tooHigh(losses.get(i)));
        if (!byLoss.isEmpty()) {
            return byLoss;
        }
        List<Integer> alone = where(losses, faultyAlone);
        return alone.isEmpty() ? where(losses, i -> true) : alone;
    }

    private boolean tooHigh(ExampleLoss loss) {
        return loss.sum() > highestLoss * loss.weight();
    }

    private static List<Integer> where(List<ExampleLoss> losses, IntPredicate condition) {
        return IntStream.range(0, losses.size()).filter(condition).boxed().toList();
    }
}
