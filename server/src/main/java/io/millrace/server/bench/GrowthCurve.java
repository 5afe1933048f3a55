package io.millrace.server.bench;

import io.millrace.client.cli.OutputOptions;
import io.millrace.server.bench.LinePlot.Axis;
import io.millrace.server.bench.LinePlot.Line;
import io.millrace.server.bench.LinePlot.Point;
import io.millrace.server.bench.LinePlot.Scale;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * Training speed as one thing grows.
 *
 * @param name of that thing, as files and fields are called
 * @param title of the plot
 * @param sizes what grows, with its unit
 * @param scale of the speed
 */
record GrowthCurve(String name, String title, String sizes, Scale scale, List<Sample> samples) {
    /**
     * @param size of what grows
     * @param productsPerSecond tokens per second if a step were its products alone; absent: not measured
     */
    record Sample(double size, double tokensPerSecond, OptionalDouble productsPerSecond) {
        static Sample of(double size, Speed speed) {
            return new Sample(size, speed.tokensPerSecond(), OptionalDouble.of(speed.productsPerSecond()));
        }
    }

    GrowthCurve {
        samples = List.copyOf(samples);
    }

    /** Draws it as {@code growth-NAME.png} in the folder; returns that file. */
    Path draw(Path folder) throws IOException {
        List<Line> lines = new ArrayList<>();
        lines.add(line("training", sample -> OptionalDouble.of(sample.tokensPerSecond())));
        Line products = line("products alone", Sample::productsPerSecond);
        if (!products.points().isEmpty()) {
            lines.add(products);
        }
        Path png = folder.resolve("growth-%s.png".formatted(name.replace('_', '-')));
        new LinePlot(title, new Axis(sizes, Scale.DOUBLING), new Axis("tokens per second", scale), lines).write(png);
        return png;
    }

    private Line line(String called, Function<Sample, OptionalDouble> speed) {
        return new Line(
                called,
                samples.stream()
                        .filter(sample -> speed.apply(sample).isPresent())
                        .map(sample ->
                                new Point(sample.size(), speed.apply(sample).getAsDouble()))
                        .toList());
    }

    void print(OutputOptions output) {
        output.say(title);
        for (Sample sample : samples) {
            output.say(String.format(
                    Locale.ROOT,
                    "%10.0f %s: %.0f tokens/s%s",
                    sample.size(),
                    sizes,
                    sample.tokensPerSecond(),
                    sample.productsPerSecond().isPresent()
                            ? String.format(
                                    Locale.ROOT,
                                    "; products alone %.0f",
                                    sample.productsPerSecond().getAsDouble())
                            : ""));
        }
    }

    /** For scripts: one object a sample. */
    List<Map<String, Object>> json() {
        return samples.stream()
                .map(sample -> {
                    Map<String, Object> fields = new LinkedHashMap<>();
                    fields.put(name, sample.size());
                    fields.put("tokens_per_second", sample.tokensPerSecond());
                    sample.productsPerSecond().ifPresent(speed -> fields.put("products_only_tokens_per_second", speed));
                    return fields;
                })
                .toList();
    }
}
