package io.millrace.server.compare;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jfree.chart.ChartUtils;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.CategoryAxis;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.data.category.DefaultCategoryDataset;

/**
 * A figure of each method, as bars in a PNG file; needs no screen.
 *
 * @param title with the unit
 */
record BarPlot(String title, ToDoubleFunction<Measured> figure) {
    private static final int WIDTH = 900;
    private static final int HEIGHT_OF_BAR = 30;
    private static final int HEIGHT_OF_REST = 110;

    static {
        System.setProperty("java.awt.headless", "true");
    }

    void write(List<Measured> results, Path png) throws IOException {
        DefaultCategoryDataset data = new DefaultCategoryDataset();
        for (Measured one : results) {
            data.addValue(figure.applyAsDouble(one), "", one.method());
        }
        BarRenderer renderer = new BarRenderer();
        renderer.setBarPainter(new StandardBarPainter());
        renderer.setShadowVisible(false);
        renderer.setSeriesPaint(0, new Color(0x1F77B4));
        CategoryPlot plot = new CategoryPlot(data, new CategoryAxis(), new NumberAxis(), renderer);
        plot.setOrientation(PlotOrientation.HORIZONTAL);
        plot.setBackgroundPaint(Color.WHITE);
        plot.setRangeGridlinePaint(new Color(0xDDDDDD));
        plot.setOutlineVisible(false);
        JFreeChart chart = new JFreeChart(title, new Font(Font.SANS_SERIF, Font.BOLD, 18), plot, false);
        chart.setBackgroundPaint(Color.WHITE);
        ChartUtils.saveChartAsPNG(png.toFile(), chart, WIDTH, HEIGHT_OF_REST + HEIGHT_OF_BAR * results.size());
    }
}
