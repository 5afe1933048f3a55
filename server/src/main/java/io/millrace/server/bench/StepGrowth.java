package io.millrace.server.bench;

import ai.djl.Device;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.bench.GrowthCurve.Sample;
import io.millrace.server.bench.LinePlot.Scale;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.peft.LoraConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How the speed of a step changes with the model, the sequences and the adapter; random weights, random tokens. */
final class StepGrowth {
    private static final int SEQUENCES = 8;
    private static final int LENGTH = 64;

    private final FloatType type;
    private final Device device;
    private final int rounds;
    private final OutputOptions output;

    StepGrowth(FloatType type, Device device, int rounds, OutputOptions output) {
        this.type = type;
        this.device = device;
        this.rounds = rounds;
        this.output = output;
    }

    GrowthCurve byModel(List<ModelShape> shapes) throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (ModelShape shape : shapes) {
            double millions = shape.parameters() / 1e6;
            output.note("A model of %.0f million parameters …".formatted(millions));
            samples.add(Sample.of(millions, speed(shape, dense(shape, SEQUENCES, LENGTH), LoraConfig.DEFAULT)));
        }
        return new GrowthCurve(
                "model", "Speed by model, 8 sequences of 64 tokens", "million parameters", Scale.DOUBLING, samples);
    }

    /** As many tokens in each step: those of the longest sequence. */
    GrowthCurve bySequenceLength(ModelShape shape, int longest) throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (int length = LENGTH; length <= longest; length *= 2) {
            output.note("Sequences of %d tokens …".formatted(length));
            samples.add(Sample.of(length, speed(shape, dense(shape, longest / length, length), LoraConfig.DEFAULT)));
        }
        return new GrowthCurve(
                "sequence_length",
                "Speed by sequence length, %,d tokens per step".formatted(longest),
                "tokens per sequence",
                Scale.LINEAR,
                samples);
    }

    GrowthCurve byRank(ModelShape shape, List<Integer> ranks) throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (int rank : ranks) {
            output.note("Rank %d …".formatted(rank));
            LoraConfig lora =
                    new LoraConfig(rank, 2.0 * rank, 0, LoraConfig.DEFAULT.targets(), Map.of(), Map.of(), false);
            samples.add(Sample.of(rank, speed(shape, dense(shape, SEQUENCES, LENGTH), lora)));
        }
        return new GrowthCurve("rank", "Speed by rank, 8 sequences of 64 tokens", "rank", Scale.LINEAR, samples);
    }

    private static Workload dense(ModelShape shape, int sequences, int length) {
        return Workload.dense("dense", sequences, length, shape.vocabulary());
    }

    /** With a model of its own: training leaves a model's weights as wide as its largest adapter needed. */
    private Speed speed(ModelShape shape, Workload workload, LoraConfig lora) throws IOException {
        try (BaseModel model = shape.load(type, LinearStorage.DENSE, device);
                BaseModel untrained = shape.load(type, LinearStorage.DENSE, device)) {
            return new SpeedRounds(model, untrained, List.of(workload), output)
                    .run(lora, rounds)
                    .of(workload.name());
        }
    }
}
