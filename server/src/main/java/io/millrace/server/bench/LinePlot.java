package io.millrace.server.bench;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.geom.Ellipse2D;
import java.io.IOException;
import java.nio.file.Path;
import java.text.NumberFormat;
import java.util.List;
import java.util.Locale;
import org.jfree.chart.ChartUtils;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.NumberTickUnit;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;

/**
 * Lines through measured points, drawn as a PNG file; needs no screen.
 *
 * @param lines at least one
 */
record LinePlot(String title, Axis x, Axis y, List<Line> lines) {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 520;
    private static final List<Color> COLOURS = List.of(
            new Color(0x1F77B4),
            new Color(0xD95F02),
            new Color(0x1B9E77),
            new Color(0x7570B3),
            new Color(0xE7298A),
            new Color(0x666666));

    /** Lines that can be told apart. */
    static final int MOST_LINES = COLOURS.size();

    private static final Color GRID = new Color(0xDDDDDD);

    static {
        System.setProperty("java.awt.headless", "true");
    }

    /** How values lie on an axis. */
    enum Scale {
        /** From 0 on, evenly. */
        LINEAR,
        /** Every doubling is as long as the next. */
        DOUBLING
    }

    /** @param title with the unit */
    record Axis(String title, Scale scale) {}

    /** One line, named where there are several. */
    record Line(String name, List<Point> points) {
        Line {
            points = List.copyOf(points);
        }
    }

    record Point(double x, double y) {}

    LinePlot {
        lines = List.copyOf(lines);
        if (lines.isEmpty() || lines.size() > COLOURS.size()) {
            throw new IllegalArgumentException("the plot \"%s\" has %d lines; it must have 1 to %d"
                    .formatted(title, lines.size(), COLOURS.size()));
        }
        for (Line line : lines) {
            for (Point point : line.points()) {
                require(title, x, point.x());
                require(title, y, point.y());
            }
        }
    }

    private static void require(String title, Axis axis, double value) {
        if (axis.scale() == Scale.DOUBLING && value <= 0) {
            throw new IllegalArgumentException(
                    "the plot \"%s\" has a point at %s on the axis of %s, which no doubling reaches"
                            .formatted(title, value, axis.title()));
        }
    }

    /** Draws it. */
    void write(Path png) throws IOException {
        XYSeriesCollection data = new XYSeriesCollection();
        XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer();
        for (int i = 0; i < lines.size(); i++) {
            XYSeries series = new XYSeries(lines.get(i).name());
            lines.get(i).points().forEach(point -> series.add(point.x(), point.y()));
            data.addSeries(series);
            renderer.setSeriesPaint(i, COLOURS.get(i));
            renderer.setSeriesStroke(i, new BasicStroke(2.5f));
            renderer.setSeriesShape(i, new Ellipse2D.Double(-4, -4, 8, 8));
        }
        XYPlot plot = new XYPlot(data, drawn(x), drawn(y), renderer);
        plot.setBackgroundPaint(Color.WHITE);
        plot.setDomainGridlinePaint(GRID);
        plot.setRangeGridlinePaint(GRID);
        plot.setOutlineVisible(false);
        JFreeChart chart = new JFreeChart(title, new Font(Font.SANS_SERIF, Font.BOLD, 18), plot, lines.size() > 1);
        chart.setBackgroundPaint(Color.WHITE);
        if (chart.getLegend() != null) {
            chart.getLegend().setPosition(RectangleEdge.BOTTOM);
        }
        ChartUtils.saveChartAsPNG(png.toFile(), chart, WIDTH, HEIGHT);
    }

    private static ValueAxis drawn(Axis axis) {
        if (axis.scale() == Scale.LINEAR) {
            NumberAxis linear = new NumberAxis(axis.title());
            linear.setAutoRangeIncludesZero(true);
            return linear;
        }
        LogAxis doubling = new LogAxis(axis.title());
        doubling.setBase(2);
        doubling.setTickUnit(new NumberTickUnit(1));
        doubling.setNumberFormatOverride(NumberFormat.getIntegerInstance(Locale.ROOT));
        return doubling;
    }
}
