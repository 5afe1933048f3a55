package io.millrace.trainer.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected values are what Python 3.11 prints. */
class PrintingTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1.0",
        "-0.0, -0.0",
        "0.1, 0.1",
        "1e15, 1000000000000000.0",
        "1e16, 1e+16",
        "1e-4, 0.0001",
        "1e-5, 1e-05",
        "123456789012345680, 1.2345678901234568e+17",
        "2e23, 2e+23",
        "5e-324, 5e-324",
        "1.5e300, 1.5e+300",
        "0.30000000000000004, 0.30000000000000004",
        "2.0E-3, 0.002",
        "-12.5, -12.5",
        "100, 100.0"
    })
    void float_printsAsInPython(double number, String printed) {
        assertThat(Printing.number(number)).isEqualTo(printed);
    }

    @Test
    void anyFloat_readsBackAsItself() {
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            double number = Double.longBitsToDouble(random.nextLong());
            if (!Double.isNaN(number) && !Double.isInfinite(number)) {
                assertThat(Double.parseDouble(Printing.number(number))).isEqualTo(number);
            }
        }
    }

    @Test
    void strings_areQuotedAsInPython() {
        List<Object> strings = new ArrayList<>();
        List.of("it's", "a\"b", "x'y\"z", "n\n\t\\", "é\0\u007f\u200b\u00a0😀")
                .forEach(text -> strings.add(Text.of(text)));

        assertThat(Printing.str(strings).value())
                .isEqualTo("[\"it's\", 'a\"b', 'x\\'y\"z', 'n\\n\\t\\\\', 'é\\x00\\x7f\\u200b\\xa0😀']");
    }
}
