package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.Floats;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import java.util.ArrayList;
import java.util.List;

/**
 * What some steps gave: the loss before each, the norm of its gradient, and the weights after the last, or none if they
 * aren't known.
 */
record Steps(double[] losses, double[] norms, float[] weights) {
    /** A number of one run and of another. */
    private record Pair(String what, double actual, double expected, double tolerance) {
        double distance() {
            return Math.abs(actual - expected);
        }
    }

    /** Closes the learner. */
    static Steps run(AdapterLearner learner, List<Sequence> batch, StepSettings settings, int count) {
        double[] losses = new double[count];
        double[] norms = new double[count];
        try (learner) {
            for (int step = 0; step < count; step++) {
                StepOutcome outcome = learner.step(batch, settings);
                assertThat(outcome).isInstanceOf(StepOutcome.Applied.class);
                double sum =
                        outcome.losses().stream().mapToDouble(ExampleLoss::sum).sum();
                losses[step] = sum
                        / outcome.losses().stream()
                                .mapToDouble(ExampleLoss::weight)
                                .sum();
                norms[step] = ((StepOutcome.Applied) outcome).gradientNorm();
            }
            return new Steps(losses, norms, Floats.of(learner.state().weights()));
        }
    }

    /** Whether all is within the tolerances of the fixtures' README. */
    boolean isNear(Steps expected) {
        return pairs(expected).stream().allMatch(pair -> pair.distance() <= pair.tolerance());
    }

    /** @param equallyRight runs whose distance from this one is allowed besides */
    void assertNear(Steps expected, List<Steps> equallyRight) {
        List<Pair> pairs = pairs(expected);
        double[] allowed = pairs.stream().mapToDouble(Pair::tolerance).toArray();
        for (Steps run : equallyRight) {
            List<Pair> moved = pairs(run);
            for (int i = 0; i < allowed.length; i++) {
                allowed[i] = Math.max(
                        allowed[i], pairs.get(i).tolerance() + moved.get(i).distance());
            }
        }
        for (int i = 0; i < allowed.length; i++) {
            Pair pair = pairs.get(i);
            assertThat(pair.actual()).as(pair.what()).isCloseTo(pair.expected(), within(allowed[i]));
        }
    }

    private List<Pair> pairs(Steps expected) {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < losses.length; i++) {
            pairs.add(new Pair("loss " + i, losses[i], expected.losses[i], 1e-5));
        }
        for (int i = 0; i < norms.length; i++) {
            pairs.add(new Pair("norm " + i, norms[i], expected.norms[i], 1e-4 * expected.norms[i]));
        }
        for (int i = 0; i < expected.weights.length; i++) {
            pairs.add(new Pair("weight " + i, weights[i], expected.weights[i], 1e-4));
        }
        return pairs;
    }
}
