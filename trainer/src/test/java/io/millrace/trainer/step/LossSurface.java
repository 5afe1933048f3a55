package io.millrace.trainer.step;

import io.millrace.trainer.Floats;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import java.util.List;
import java.util.Optional;

/** The loss of a batch as a function of an adapter's weights, for finite differences. */
record LossSurface(BaseModel model, Adaptation adaptation, List<Sequence> batch) {
    /** Nats per trained token. */
    double at(AdapterWeights weights) {
        List<ExampleLoss> losses = Scorer.losses(model, Optional.of(new TrainedAdapter(adaptation, weights)), batch);
        return losses.stream().mapToDouble(ExampleLoss::sum).sum()
                / losses.stream().mapToDouble(ExampleLoss::weight).sum();
    }

    /**
     * Central difference when one tensor moves.
     *
     * @param direction laid out as the weights
     * @param reach how often the direction is added, and subtracted
     */
    double slope(AdapterWeights weights, ParameterLayout.Parameter parameter, float[] direction, double reach) {
        return (at(moved(weights, parameter, direction, reach)) - at(moved(weights, parameter, direction, -reach)))
                / (2 * reach);
    }

    private static AdapterWeights moved(
            AdapterWeights weights, ParameterLayout.Parameter parameter, float[] direction, double step) {
        float[] moved = Floats.of(weights);
        for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
            moved[i] += (float) (step * direction[i]);
        }
        return new AdapterWeights(weights.layout(), moved);
    }

    /** One tensor's part of a gradient's squared norm: the slope along that gradient. */
    static double square(ParameterLayout.Parameter parameter, float[] gradient) {
        double square = 0;
        for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
            square += (double) gradient[i] * gradient[i];
        }
        return square;
    }
}
