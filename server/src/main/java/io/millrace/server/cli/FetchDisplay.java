package io.millrace.server.cli;

import io.millrace.client.cli.OutputOptions;
import io.millrace.server.model.Progress;
import java.util.Optional;
import java.util.OptionalLong;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows on stderr how fetching a model goes: a bar for each file, lines for the rest. */
final class FetchDisplay implements Progress, AutoCloseable {
    private final OutputOptions output;
    private Optional<ProgressBar> bar = Optional.empty();
    private String file = "";

    FetchDisplay(OutputOptions output) {
        this.output = output;
    }

    @Override
    public void at(String current, long bytes, OptionalLong total) {
        if (!current.equals(file)) {
            close();
            file = current;
            bar = Optional.of(new ProgressBarBuilder()
                    .setTaskName(current)
                    .setUnit(" MB", 1 << 20)
                    .setInitialMax(total.orElse(-1))
                    .setStyle(ProgressBarStyle.ASCII)
                    .build());
        }
        bar.ifPresent(shown -> shown.stepTo(bytes));
    }

    @Override
    public void note(String line) {
        output.note(line);
    }

    @Override
    public void close() {
        bar.ifPresent(ProgressBar::close);
        bar = Optional.empty();
    }
}
