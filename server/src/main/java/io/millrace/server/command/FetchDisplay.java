package io.millrace.server.command;

import io.millrace.client.cli.BadDataException;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.model.ModelResolver;
import io.millrace.server.model.ModelUnavailableException;
import io.millrace.server.model.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how fetching a model goes, on stderr: a bar per file on a terminal, elsewhere a line per tenth of a large file. */
public final class FetchDisplay implements Progress, AutoCloseable {
    private static final long MEGABYTE = 1_000_000;
    private static final long LARGE = 10 * MEGABYTE;

    private final OutputOptions output;
    private String file = "";
    private long tenths;
    private Optional<ProgressBar> bar = Optional.empty();

    private FetchDisplay(OutputOptions output) {
        this.output = output;
    }

    /**
     * Finds a model, fetching it if need be, and shows how that goes.
     *
     * @throws BadDataException if it can't be had
     */
    public static Path resolve(String model, OutputOptions output) throws IOException {
        try (FetchDisplay display = new FetchDisplay(output)) {
            return resolver().resolve(model, display);
        } catch (ModelUnavailableException e) {
            throw new BadDataException(String.valueOf(e.getMessage()));
        }
    }

    /** @throws BadDataException if the environment says something that can't be used */
    public static ModelResolver resolver() {
        try {
            return ModelResolver.of(System.getenv());
        } catch (IllegalArgumentException e) {
            throw new BadDataException(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void at(String file, long bytes, OptionalLong total) {
        if (!file.equals(this.file)) {
            close();
            this.file = file;
            tenths = 0;
            bar = onTerminal() ? Optional.of(bar(file, total.orElse(-1))) : Optional.empty();
        }
        bar.ifPresent(shown -> shown.stepTo(bytes));
        if (bar.isEmpty() && total.orElse(0) > LARGE) {
            lineAtEachTenth(bytes, total.getAsLong());
        }
    }

    private void lineAtEachTenth(long bytes, long total) {
        long reached = 10 * bytes / total;
        if (reached > tenths) {
            tenths = reached;
            output.note("%s: %d of %d MB".formatted(file, bytes / MEGABYTE, total / MEGABYTE));
        }
    }

    @Override
    public void note(String line) {
        output.note(line);
    }

    @SuppressWarnings("SystemConsoleNull") // from Java 22 on the bar is drawn where there is no terminal, too
    private static boolean onTerminal() {
        return System.console() != null;
    }

    private static ProgressBar bar(String file, long bytes) {
        return new ProgressBarBuilder()
                .setTaskName(file)
                .setInitialMax(bytes)
                .setUnit(" MB", MEGABYTE)
                .setStyle(ProgressBarStyle.ASCII)
                .showSpeed()
                .setConsumer(new ConsoleProgressBarConsumer(new PrintStream(System.err, true)))
                .build();
    }

    /** Ends the bar of the file that is being fetched. */
    @Override
    public void close() {
        bar.ifPresent(ProgressBar::close);
        bar = Optional.empty();
    }
}
