package io.millrace.server.cli;

import io.millrace.client.Checkpoint;
import io.millrace.client.SendEvent;
import io.millrace.client.StreamStatus;
import io.millrace.client.cli.OutputOptions;
import java.util.Locale;
import java.util.OptionalDouble;

/** Tells a person, line by line, what happens in a demo. */
final class DemoDisplay {
    private final OutputOptions output;
    private long acknowledged;

    DemoDisplay(OutputOptions output) {
        this.output = output;
    }

    void note(String line) {
        output.note(line);
    }

    void sent(SendEvent event) {
        if (event instanceof SendEvent.Acked acked) {
            acknowledged += acked.ack().count();
            note("  %d examples acknowledged: durable on disk".formatted(acknowledged));
        } else if (event instanceof SendEvent.RowsRefused refused) {
            note("  refused: " + refused.refusals().get(0));
        }
    }

    void settled(StreamStatus status) {
        note(String.format(
                Locale.ROOT,
                "  %d of %d trained, %d held out; prequential loss %s, holdout loss %s, %s tokens/s; revision %d",
                status.trained(),
                status.durableThrough(),
                status.heldOut(),
                figure("%.3f", status.prequentialLoss()),
                figure("%.3f", status.holdoutLoss()),
                figure("%.0f", status.tokensPerSecond()),
                status.revision()));
    }

    void received(Checkpoint checkpoint) {
        note(String.format(
                Locale.ROOT,
                "* revision %d received and verified: %d examples trained, prequential loss %s, holdout loss %s, %s tokens/s",
                checkpoint.revision(),
                checkpoint.examples(),
                figure("%.3f", checkpoint.metric("prequential_loss")),
                figure("%.3f", checkpoint.metric("holdout_loss")),
                figure("%.0f", checkpoint.metric("tokens_per_second"))));
    }

    void failed(Throwable failure) {
        note("watching ended: " + failure.getMessage());
    }

    private static String figure(String format, OptionalDouble value) {
        return value.isPresent() ? String.format(Locale.ROOT, format, value.getAsDouble()) : "–";
    }
}
