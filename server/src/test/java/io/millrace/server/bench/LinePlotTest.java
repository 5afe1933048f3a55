package io.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinePlotTest {
    private static final int FIRST_COLOUR = 0xFF1F77B4;
    private static final int SECOND_COLOUR = 0xFFD95F02;

    @TempDir
    private Path directory;

    @Test
    void everyLine_isDrawnInItsColour() throws IOException {
        LinePlot.Line falling = line("falling", 64, 900, 2048, 300);
        LinePlot.Line rising = line("rising", 64, 100, 2048, 200);

        BufferedImage one = draw(plot("tokens", List.of(falling)));
        BufferedImage both = draw(plot("tokens", List.of(falling, rising)));

        assertThat(one.getWidth()).isEqualTo(900);
        assertThat(pixels(one, FIRST_COLOUR)).isPositive();
        assertThat(pixels(one, SECOND_COLOUR)).isZero();
        assertThat(pixels(both, FIRST_COLOUR)).isPositive();
        assertThat(pixels(both, SECOND_COLOUR)).isPositive();
    }

    /** With equal widths for each doubling, the point in the middle of 64 and 1,024 is 256. */
    @Test
    void doublings_areEquallyWide() throws IOException {
        LinePlot.Line bent = new LinePlot.Line(
                "bent",
                List.of(new LinePlot.Point(64, 100), new LinePlot.Point(256, 900), new LinePlot.Point(1024, 100)));

        BufferedImage image = draw(plot("tokens", List.of(bent)));

        int[] coloured = IntStream.range(0, image.getWidth())
                .filter(x -> IntStream.range(0, image.getHeight()).anyMatch(y -> image.getRGB(x, y) == FIRST_COLOUR))
                .toArray();
        int[] top = IntStream.range(0, image.getWidth())
                .filter(x -> image.getRGB(x, highest(image)) == FIRST_COLOUR)
                .toArray();
        double middle = (coloured[0] + coloured[coloured.length - 1]) / 2.0;
        assertThat(top[top.length / 2]).isBetween((int) middle - 4, (int) middle + 4);
    }

    @Test
    void zeroWhereXDoubles_isRefused() {
        assertThatThrownBy(() -> plot("rank", List.of(line("l", 0, 1, 2, 1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rank");
    }

    private static LinePlot plot(String x, List<LinePlot.Line> lines) {
        return new LinePlot(
                "Speed",
                new LinePlot.Axis(x, LinePlot.Scale.DOUBLING),
                new LinePlot.Axis("tokens/s", LinePlot.Scale.LINEAR),
                lines);
    }

    private BufferedImage draw(LinePlot plot) throws IOException {
        Path png = directory.resolve("plot.png");
        plot.write(png);
        return ImageIO.read(png.toFile());
    }

    private static int highest(BufferedImage image) {
        return IntStream.range(0, image.getHeight())
                .filter(y -> IntStream.range(0, image.getWidth()).anyMatch(x -> image.getRGB(x, y) == FIRST_COLOUR))
                .findFirst()
                .orElseThrow();
    }

    private static long pixels(BufferedImage image, int colour) {
        return IntStream.range(0, image.getWidth() * image.getHeight())
                .filter(i -> image.getRGB(i % image.getWidth(), i / image.getWidth()) == colour)
                .count();
    }

    private static LinePlot.Line line(String name, double x1, double y1, double x2, double y2) {
        return new LinePlot.Line(name, List.of(new LinePlot.Point(x1, y1), new LinePlot.Point(x2, y2)));
    }
}
