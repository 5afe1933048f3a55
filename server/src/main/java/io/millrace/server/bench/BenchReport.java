package io.millrace.server.bench;

import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.trainer.step.Phase.Kind;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * All that {@code millrace bench} found.
 *
 * @param loadSeconds until the model's weights were in memory
 * @param served the same stream, over gRPC
 * @param small a server with 512 tokens per step
 * @param large a server with 4,096 tokens per step
 */
record BenchReport(
        Machine machine,
        double loadSeconds,
        Speeds speeds,
        PhaseTimes streamed,
        ServedStream served,
        ServedTraining small,
        ServedTraining large) {
    /** Share of other processes above which figures shouldn't be reported. */
    private static final double DISTURBING = 0.03;

    void print(OutputOptions output) {
        say(output, "%s, %d cores, %s", machine.processor(), machine.cores(), machine.precision());
        speeds.otherLoad()
                .ifPresent(share -> say(
                        output,
                        "other processes took %.1f %% of the processors while steps were measured%s",
                        100 * share,
                        share > DISTURBING ? ": measure again" : ""));
        say(output, "");
        say(output, "%-16s %12s %14s %6s", "training", "tokens/s", "products alone", "ratio");
        speeds.byWorkload()
                .forEach((name, speed) -> sayRatio(
                        output,
                        name.replace('_', ' '),
                        speed.tokensPerSecond(),
                        speed.productsPerSecond(),
                        speed.ratio()));
        sayRatio(output, "whole stream", served.tokensPerSecond(), served.productsPerSecond(), served.ratio());
        say(output, "");
        say(output, "%-16s %12s %14s", "a stream", "seconds", "of its time");
        phases().forEach((name, seconds) ->
                say(output, "%-16s %12.2f %13.1f%%", name, seconds, 100 * seconds / streamed.seconds()));
        say(output, "%-16s %12.2f %13.1f%%", "all", streamed.seconds(), 100.0);
        say(output, "tokenise and commit run beside the others, on threads of their own");
        say(output, "");
        say(output, "model loaded     %8.2f s", loadSeconds);
        say(output, "server ready     %8.2f s", small.readySeconds());
        say(output, "first step       %8.2f s", small.firstStepSeconds());
        say(output, "peak memory      %8s MB at 512 tokens per step", megabytes(small.peakBytes()));
        say(output, "                 %8s MB at 4,096 tokens per step", megabytes(large.peakBytes()));
        say(output, "allocated        %8.2f MB of heap per step", speeds.heapBytesPerStep() / 1e6);
        speeds.nativeBytesPerStep().ifPresent(bytes -> say(output, "grown            %8.2f MB per step", bytes / 1e6));
    }

    /** Seconds by what they went to; those beside training last. */
    private Map<String, Double> phases() {
        double training = streamed.of(Kind.PACK) + streamed.of(Kind.GRADIENTS) + streamed.of(Kind.OPTIMISE);
        double forward = training * speeds.of(Workload.RAGGED).forwardShare().orElseThrow();
        Map<String, Double> phases = new LinkedHashMap<>();
        phases.put("forward", forward);
        phases.put("backward", streamed.of(Kind.GRADIENTS) - forward);
        phases.put("optimiser", streamed.of(Kind.OPTIMISE));
        phases.put("pack", streamed.of(Kind.PACK));
        phases.put("evaluation", streamed.of(Kind.JUDGE));
        phases.put("draft", streamed.of(Kind.DRAFT));
        phases.put("everything_else", streamed.otherSeconds());
        phases.put("tokenise", streamed.of(Kind.TOKENISE));
        phases.put("commit", streamed.of(Kind.COMMIT));
        return phases;
    }

    private static @Nullable Long known(OptionalLong bytes) {
        return bytes.isPresent() ? bytes.getAsLong() : null;
    }

    private static String megabytes(OptionalLong bytes) {
        return bytes.isPresent() ? Long.toString(bytes.getAsLong() / 1_000_000) : "?";
    }

    private static void sayRatio(OutputOptions output, String what, double speed, double products, double ratio) {
        say(output, "%-16s %12.0f %14.0f %6.2f", what, speed, products, ratio);
    }

    private static void say(OutputOptions output, String format, Object... values) {
        output.say(String.format(Locale.ROOT, format, values));
    }

    /** Adds all figures. */
    JsonEvents.Event addTo(JsonEvents.Event event) {
        event.with("processor", machine.processor())
                .with("cores", machine.cores())
                .with("precision", machine.precision())
                .with("other_load_share", speeds.otherLoad())
                .with("products_only_tokens_per_second", speeds.of("dense_8x64").productsPerSecond());
        speeds.byWorkload()
                .forEach((name, speed) -> event.with(name + "_tokens_per_second", speed.tokensPerSecond())
                        .with(name + "_products_only_tokens_per_second", speed.productsPerSecond())
                        .with(name + "_ratio", speed.ratio()));
        return event.with("whole_stream_tokens_per_second", served.tokensPerSecond())
                .with("whole_stream_products_only_tokens_per_second", served.productsPerSecond())
                .with("whole_stream_ratio", served.ratio())
                .with("stream_seconds", streamed.seconds())
                .with("stream_steps", streamed.steps())
                .with("stream_phase_seconds", phases())
                .with("stream_not_training_share", streamed.notTrainingShare())
                .with("load_seconds", loadSeconds)
                .with("ready_seconds", small.readySeconds())
                .with("first_step_seconds", small.firstStepSeconds())
                .with("peak_rss_bytes_512_tokens", known(small.peakBytes()))
                .with("peak_rss_bytes_4096_tokens", known(large.peakBytes()))
                .with("peak_rss_bytes", known(large.peakBytes()))
                .with("heap_bytes_per_step", speeds.heapBytesPerStep())
                .with("native_growth_bytes_per_step", speeds.nativeBytesPerStep());
    }
}
