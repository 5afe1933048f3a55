package io.millrace.client.cli;

import io.millrace.client.Ack;
import io.millrace.client.SendEvent;
import io.millrace.client.StreamStatus;
import java.io.PrintStream;
import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Tells how a push goes: to a script as events, to a person as notes and, on a terminal, a bar. */
final class PushReport implements AutoCloseable {
    private final OutputOptions output;
    private final JsonEvents events;
    private final Optional<ProgressBar> bar;
    private long durableBefore;
    private long fresh;
    private long leftOut;

    PushReport(OutputOptions output, JsonEvents events, long lines) {
        this.output = output;
        this.events = events;
        this.bar = onTerminal() ? Optional.of(bar(lines)) : Optional.empty();
    }

    @SuppressWarnings("SystemConsoleNull") // from Java 22 on the bar is drawn where there is no terminal, too
    private static boolean onTerminal() {
        return System.console() != null;
    }

    private static ProgressBar bar(long lines) {
        return new ProgressBarBuilder()
                .setTaskName("push")
                .setInitialMax(lines)
                .setUnit(" examples", 1)
                .setStyle(ProgressBarStyle.ASCII)
                .showSpeed()
                .setConsumer(new ConsoleProgressBarConsumer(new PrintStream(System.err, true)))
                .build();
    }

    synchronized void started(String stream, long nextOffset) {
        durableBefore = nextOffset;
        events.event("started")
                .with("stream", stream)
                .with("next_offset", nextOffset)
                .emit();
        output.note(
                nextOffset == 0
                        ? "pushing to " + stream
                        : "going on with %s, which has %d examples".formatted(stream, nextOffset));
    }

    synchronized void on(SendEvent event) {
        if (event instanceof SendEvent.Acked acked) {
            acknowledged(acked.ack());
        } else if (event instanceof SendEvent.Progress progress) {
            progress(progress.status());
        } else if (event instanceof SendEvent.RowsRefused rows) {
            rows.refusals().forEach(refusal -> leftOut(refusal.toString()));
        } else if (event instanceof SendEvent.Throttled throttled) {
            events.event("throttled")
                    .with("seconds", throttled.retryAfter().toMillis() / 1000.0)
                    .with("reason", throttled.reason())
                    .emit();
            output.note("waiting for the trainer: " + throttled.reason());
        } else if (event instanceof SendEvent.Reconnecting reconnecting) {
            events.event("reconnecting").with("reason", reconnecting.reason()).emit();
            output.note(
                    "reconnecting in %d ms: %s".formatted(reconnecting.delay().toMillis(), reconnecting.reason()));
        }
    }

    /** A line that can't be trained on and is left out. */
    synchronized void leftOut(String reason) {
        leftOut++;
        events.event("left_out").with("reason", reason).emit();
        output.note("left out: " + reason);
    }

    void progress(StreamStatus status) {
        events.event("progress")
                .with("durable_through", status.durableThrough())
                .with("trained_through", status.trainedThrough())
                .emit();
        bar.ifPresent(shown -> shown.setExtraMessage(" settled " + status.trainedThrough()));
    }

    synchronized void finished(StreamStatus status) {
        Long revision = status.revision() == 0 ? null : status.revision();
        events.event("finished")
                .with("stream", status.name())
                .with("acknowledged", status.durableThrough())
                .with("new", fresh)
                .with("left_out", leftOut)
                .with("trained", status.trained())
                .with("held_out", status.heldOut())
                .with("quarantined", status.quarantined())
                .with("dropped", status.dropped())
                .with("trained_through", status.trainedThrough())
                .with("revision", revision)
                .emit();
        output.say("%d examples acknowledged, %d of them new; %d trained, %d held out, %d quarantined, %d dropped; %s%s"
                .formatted(
                        status.durableThrough(),
                        fresh,
                        status.trained(),
                        status.heldOut(),
                        status.quarantined(),
                        status.dropped(),
                        revision == null ? "no revision yet" : "revision " + revision,
                        leftOut == 0 ? "" : "; %d lines left out".formatted(leftOut)));
    }

    @Override
    public void close() {
        bar.ifPresent(ProgressBar::close);
    }

    private void acknowledged(Ack ack) {
        long through = ack.firstOffset() + ack.count();
        fresh = Math.max(fresh, through - durableBefore);
        bar.ifPresent(shown -> shown.stepTo(through));
    }
}
