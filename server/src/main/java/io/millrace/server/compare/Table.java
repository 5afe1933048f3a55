package io.millrace.server.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** The comparison as Markdown. */
record Table(List<Measured> results) {
    private static final String BASELINE = "full";

    private record Column(String title, Function<Measured, String> cell) {}

    Table {
        results = List.copyOf(results);
    }

    String markdown() {
        List<Column> columns = columns();
        List<String> lines = new ArrayList<>();
        lines.addAll(withoutAdapter());
        lines.add(row(columns, Column::title));
        lines.add(row(columns, column -> "---"));
        results.stream()
                .filter(Measured::applies)
                .map(one -> row(columns, column -> column.cell().apply(one)))
                .forEach(lines::add);
        lines.add("");
        for (Measured one : results) {
            String word = one.applies()
                    ? Contender.named(one.method()).advice()
                    : "doesn't apply to this model: " + one.refused();
            lines.add("- `%s`: %s.".formatted(one.method(), word));
        }
        return String.join("\n", lines) + "\n";
    }

    private List<String> withoutAdapter() {
        List<String> lines = new ArrayList<>();
        List<Measured> applied = results.stream().filter(Measured::applies).toList();
        for (Measured one : applied) {
            Measured first = applied.get(0);
            if (one == first) {
                lines.add(format(
                        "The model without an adapter: holdout loss %.3f, loss on general text %.3f; %.1f M parameters.",
                        one.holdoutLossBase(), one.generalLossBase(), one.total() / 1e6));
            } else if (one.holdoutLossBase() != first.holdoutLossBase()) {
                lines.add(format(
                        "As `%s` has it: holdout loss %.3f, loss on general text %.3f.",
                        one.method(), one.holdoutLossBase(), one.generalLossBase()));
            }
        }
        lines.add("");
        return lines;
    }

    private List<Column> columns() {
        Optional<Measured> full = results.stream()
                .filter(one -> one.method().equals(BASELINE) && one.applies())
                .findFirst();
        return List.of(
                new Column("method", one -> "`" + one.method() + "`"),
                new Column("trained", one -> format("%,d", one.trained())),
                new Column("share", one -> format("%.3f %%", 100 * one.share())),
                new Column("file, MB", one -> megabytes(one.checkpointBytes())),
                new Column("optimiser, MB", one -> megabytes(one.optimiserBytes())),
                new Column(
                        "process at most, MB",
                        one -> one.peakBytes() == 0 ? "?" : format("%.0f", one.peakBytes() / 1e6)),
                new Column("tokens/s", one -> format("%.0f", one.tokensPerSecond())),
                new Column("prequential loss", one -> format("%.3f", one.prequentialLoss())),
                new Column("holdout loss", one -> format("%.3f", one.holdoutLoss())),
                new Column(
                        "against full",
                        one -> full.map(baseline ->
                                        format("%+.0f %%", 100 * (one.holdoutLoss() / baseline.holdoutLoss() - 1)))
                                .orElse("–")),
                new Column("general loss", one -> format("%.3f", one.generalLoss())),
                new Column("inference", one -> format("×%.2f", one.inference()) + (one.merges() ? ", merged ×1" : "")));
    }

    private static String row(List<Column> columns, Function<Column, String> cell) {
        return "| " + String.join(" | ", columns.stream().map(cell).toList()) + " |";
    }

    private static String megabytes(long bytes) {
        return format("%.2f", bytes / 1e6);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
